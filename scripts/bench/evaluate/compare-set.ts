import { inflateSync } from 'node:zlib';
import type { PrecisionCurves } from '../../../src/evaluate/coco/average-precision.ts';
import { type CocoMetrics, cocoCurves } from '../../../src/evaluate/coco/coco-figures.ts';
import { evaluateImages } from '../../../src/evaluate/evaluate-images.ts';
import { AREA_RANGES, IOU_THRESHOLDS } from '../../../src/evaluate/matching/matching.ts';
import {
  type MatchKind,
  type MeasuredImage,
  measureImage,
} from '../../../src/evaluate/matching/measure-image.ts';
import type { Metrics } from '../../../src/evaluate/metrics.ts';
import { type CocoSet, categoriesOf, readCocoSet } from './coco-set.ts';

/** What `scripts/golden-coco.py` says of a set; boundary is missing where its Python has no faster-coco-eval. */
export type Reference = Partial<Record<MatchKind, ReferenceKind>> &
  Pick<Metrics, 'iou' | 'dice' | 'pixel_iou' | 'pixel_dice'>;

interface ReferenceKind {
  /** At `FIGURE_LIMIT`. */
  figures: CocoMetrics;
  /** [T, R, K, A, M] and [T, K, A, M] at `RAW_LIMITS`, packed; where they were kept. */
  precision?: string;
  recall?: string;
}

const FIGURE_LIMIT = 100;
const RAW_LIMITS = [1, 10, 500];
const SCORE_THRESHOLD = 0.5;

/**
 * @returns the largest difference of each figure and array that the reference has, by names as `mask/ap` and
 *   `mask/precision`; infinite where only one side has a number
 */
export async function compareSet(set: CocoSet, reference: Reference): Promise<Map<string, number>> {
  const images = readCocoSet(set).sort((a, b) => a.id - b.id);
  const categories = categoriesOf(set).length;
  const { metrics } = await evaluateImages(images, {
    ...{ maxDetections: FIGURE_LIMIT, categories },
    scoreThreshold: SCORE_THRESHOLD,
  });
  const maxDetections = RAW_LIMITS.at(-1)!;
  const raw = images.map((image) => measureImage(image, { maxDetections, categories }));
  const differences = new Map<string, number>();
  for (const [name, expected] of Object.entries(reference)) {
    if (expected === null || typeof expected === 'number') {
      differences.set(name, difference(metrics[name as 'iou'], expected));
      continue;
    }
    const kind = name as MatchKind;
    for (const [figure, value] of Object.entries(expected.figures)) {
      differences.set(`${kind}/${figure}`, difference(metrics[kind][figure as keyof CocoMetrics], value));
    }
    if (expected.precision === undefined || expected.recall === undefined) continue;
    const { precision, recall } = rawArrays(raw, kind, categories);
    differences.set(`${kind}/precision`, largest(precision, unpack(expected.precision)));
    differences.set(`${kind}/recall`, largest(recall, unpack(expected.recall)));
  }
  return differences;
}

function difference(a: number | null, b: number | null): number {
  if (a === null || b === null) return a === b ? 0 : Infinity;
  return Number.isNaN(a - b) ? Infinity : Math.abs(a - b);
}

/** In pycocotools' order: precision [T, R, K, A, M], recall [T, K, A, M]; null = undefined. */
function rawArrays(images: readonly MeasuredImage[], kind: MatchKind, categories: number) {
  const ranges = Object.keys(AREA_RANGES) as (keyof typeof AREA_RANGES)[];
  const cells = Array.from({ length: categories }, (_, category) => {
    const matches = images.map((image) => image.categories[category]![kind]);
    const curves = cocoCurves(matches, RAW_LIMITS);
    return ranges.flatMap((range) => curves[range]);
  }).flat();
  const gather = (key: keyof PrecisionCurves, rows: number) =>
    Array.from({ length: rows }, (_, row) => cells.map((cell) => cell?.[key][row] ?? null)).flat();
  return { precision: gather('precision', IOU_THRESHOLDS.length * 101), recall: gather('recall', 10) };
}

/** −1 = undefined */
function unpack(packed: string): (number | null)[] {
  const bytes = inflateSync(Buffer.from(packed, 'base64'));
  const values = new Float64Array(Uint8Array.from(bytes).buffer);
  return Array.from(values, (value) => (value === -1 ? null : value));
}

function largest(a: readonly (number | null)[], b: readonly (number | null)[]): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((worst: number, value, i) => Math.max(worst, difference(value, b[i]!)), 0);
}
