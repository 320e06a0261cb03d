import type { ChangedImage, ImageResult } from '../evaluate/compare-runs/changed-images.ts';
import type { Comparison, Difference, SureDifference } from '../evaluate/compare-runs/compare-runs.ts';
import type { Interval } from '../evaluate/intervals/bootstrap.ts';
import type { IntervalKey } from '../evaluate/intervals/headline-figures.ts';
import type { ErrorFigures } from '../evaluate/tide/tide-figures.ts';
import { alignColumns } from '../system/align-columns.ts';
import { printable, printablePath } from '../system/printable.ts';
import { ERROR_NAMES, FIGURE_NAMES } from './figure-names.ts';

export interface ComparedRun {
  /** Where its files lie. */
  folder: string;
  score_threshold: number;
  /** Left out, as the other run has not got them. */
  images_only_here: number;
}

/** What `aerial compare` prints. Figures are 0-1, differences those of b - a. */
export interface CompareResult extends Comparison {
  a: ComparedRun;
  b: ComparedRun;
  /** The smaller of the runs' own. */
  max_detections: number;
  resamples: number;
  seed: number;
}

/** Of these, less is better. */
const FAULTS: ReadonlySet<IntervalKey> = new Set(['merged_rate', 'split_rate']);

const COUNTS: Readonly<Record<Exclude<keyof ImageResult, 'panoptic_quality'>, string>> = {
  hits: 'hits',
  false_negatives: 'not found',
  false_positives: 'wrong detections',
  merged: 'merged',
  split: 'split',
};

const UNDEFINED = '-';

/** The tables for people. */
export function formatComparison(result: CompareResult): string {
  const { a, b, images, buildings, resamples, seed } = result;
  return [
    `A  ${printablePath(a.folder)}  (score threshold ${figure(a.score_threshold)})`,
    `B  ${printablePath(b.folder)}  (score threshold ${figure(b.score_threshold)})`,
    `${count(images, 'image')} with ${count(buildings, 'building')}, as both runs have them`,
    '',
    ...alignColumns(figureRows(result)),
    '',
    'What mAP50 would gain without these errors',
    ...alignColumns(errorRows(result)),
    ...changedLines(result),
    '',
    ...(resamples === 0 ? ['Without intervals: 0 resamples.'] : intervalNote(resamples, seed)),
  ].join('\n');
}

function intervalNote(resamples: number, seed: number): string[] {
  return [
    `The intervals cover the choice of test images (paired bootstrap, ${count(resamples, 'resample')}, seed ${seed}), not the chance in`,
    'training: another seed gives another model. "better" and "worse" stand where the interval excludes 0.',
  ];
}

function figureRows({ figures, resamples }: CompareResult): string[][] {
  const keys = Object.keys(FIGURE_NAMES) as IntervalKey[];
  const interval = resamples === 0 ? [] : ['95 % interval', ''];
  return [
    ['', 'A', 'B', 'B - A', ...interval],
    ...keys.map((key) => [
      FIGURE_NAMES[key],
      ...differenceCells(figures[key]),
      ...(resamples === 0 ? [] : [intervalCell(figures[key].interval), verdict(key, figures[key])]),
    ]),
  ];
}

function intervalCell(interval: Interval | null): string {
  return interval === null ? UNDEFINED : `${signed(interval.low)} to ${signed(interval.high)}`;
}

function verdict(key: IntervalKey, { interval, excludes_zero }: SureDifference): string {
  if (!excludes_zero) return '';
  return interval!.low > 0 === FAULTS.has(key) ? 'worse' : 'better';
}

function errorRows({ errors }: CompareResult): string[][] {
  const kinds = Object.keys(ERROR_NAMES) as (keyof ErrorFigures)[];
  return [
    ['', 'A', 'B', 'B - A'],
    ...kinds.map((kind) => [`  ${ERROR_NAMES[kind]}`, ...differenceCells(errors[kind])]),
  ];
}

function differenceCells({ a, b, difference }: Difference): string[] {
  return [figure(a), figure(b), difference === null ? UNDEFINED : signed(difference)];
}

function changedLines({ changed }: CompareResult): string[] {
  return [
    ...group(`${count(changed.better, 'image')} became better, by panoptic quality`, changed.best),
    ...group(`${count(changed.worse, 'image')} became worse`, changed.worst),
  ];
}

function group(title: string, images: readonly ChangedImage[]): string[] {
  if (images.length === 0) return ['', title];
  const rows = images.map(({ id, name, change, a, b }) => [
    `  ${printable(name)} (${id})`,
    figure(a.panoptic_quality),
    figure(b.panoptic_quality),
    signed(change),
  ]);
  const table = alignColumns([['', 'A', 'B', 'B - A'], ...rows]);
  return [
    '',
    title,
    ...table.map((line, row) => (row === 0 ? line : `${line}  ${changes(images[row - 1]!)}`)),
  ];
}

/** "hits 3 -> 5, not found 2 -> 0" */
function changes({ a, b }: ChangedImage): string {
  const names = Object.keys(COUNTS) as (keyof typeof COUNTS)[];
  const changed = names.filter((name) => a[name] !== b[name]);
  if (changed.length === 0) return 'other outlines of the same buildings';
  return changed.map((name) => `${COUNTS[name]} ${a[name]} -> ${b[name]}`).join(', ');
}

function figure(value: number | null): string {
  return value === null ? UNDEFINED : value.toFixed(3);
}

/** Without the sign of a 0 that is only rounded to it. */
function signed(value: number): string {
  const text = value.toFixed(3);
  return Number(text) === 0 ? '0.000' : value > 0 ? `+${text}` : text;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
