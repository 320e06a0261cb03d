import { categoryFigures, rankCategories } from './coco/category-figures.ts';
import { precisionRecallCurves } from './coco/precision-recall.ts';
import { addTallies, figuresByDensity, figuresByGap, figuresBySize, figuresBySource } from './groups.ts';
import type { EvaluatedSet } from './intervals/headline-figures.ts';
import { bootstrapIntervals } from './intervals/intervals.ts';
import type { MatchKind } from './matching/measure-image.ts';
import type { Curves, Metrics, SharedFigures } from './metrics.ts';
import { ratesOf } from './outcome/rates.ts';
import { type UnionAgreement, type UnionPixels, unionAgreement } from './outcome/union-agreement.ts';
import { calibrate } from './threshold/calibration.ts';
import { thresholdCurve } from './threshold/threshold.ts';
import { tideFigures } from './tide/tide-figures.ts';

/** How the images were measured, and how often they are resampled. */
export interface SummaryOptions {
  maxDetections: number;
  scoreThreshold: number;
  resamples: number;
  seed: number;
}

/** @returns what `metrics.json` and `curves.json` hold */
export function summarize(set: EvaluatedSet, options: SummaryOptions): { metrics: Metrics; curves: Curves } {
  const { measured, counts } = set;
  const { maxDetections, resamples, seed } = options;
  const rankings = rankCategories(measured);
  const coco = (kind: MatchKind) => categoryFigures(measured, kind, { maxDetections, rankings });
  const calibration = calibrate(measured);
  const metrics: Metrics = {
    mask: coco('mask'),
    boundary: coco('boundary'),
    box: coco('box'),
    ...agreementOf(counts.map(({ pixels }) => pixels)),
    score_threshold: options.scoreThreshold,
    max_detections: maxDetections,
    ...figuresAtThreshold(set),
    errors: tideFigures(measured),
    calibration_error: calibration.error,
    by_size: figuresBySize(counts),
    by_gap: figuresByGap(counts),
    by_density: figuresByDensity(set),
    by_source: figuresBySource(set),
    intervals: resamples > 0 ? bootstrapIntervals({ measured, counts, resamples, seed }) : null,
  };
  const curves = {
    precision_recall: precisionRecallCurves(measured),
    thresholds: thresholdCurve(measured),
    calibration: calibration.bins,
  };
  return { metrics, curves };
}

function figuresAtThreshold({ counts }: EvaluatedSet) {
  const tally = addTallies(counts);
  const { precision, recall, f1, panoptic_quality, merged_rate, split_rate } = ratesOf(tally);
  const sum = (key: 'merging' | 'pieces') => counts.reduce((total, image) => total + image[key], 0);
  return {
    precision,
    recall,
    f1,
    panoptic_quality,
    merged: {
      buildings: tally.merged,
      detections: sum('merging'),
      rate: merged_rate,
    } satisfies SharedFigures,
    split: { buildings: tally.split, detections: sum('pieces'), rate: split_rate } satisfies SharedFigures,
    images: counts.length,
    buildings: tally.buildings,
    detections: tally.detections,
  };
}

function agreementOf(
  images: readonly UnionPixels[],
): Pick<Metrics, 'iou' | 'dice' | 'pixel_iou' | 'pixel_dice'> {
  const sum = (key: keyof UnionPixels) => images.reduce((total, pixels) => total + pixels[key], 0);
  const total: UnionPixels = { both: sum('both'), truth: sum('truth'), found: sum('found') };
  if (total.truth + total.found === 0) return { iou: null, dice: null, pixel_iou: null, pixel_dice: null };
  const agreements = images.map(unionAgreement);
  const mean = (key: keyof UnionAgreement) =>
    agreements.reduce((total, agreement) => total + agreement[key], 0) / images.length;
  const together = unionAgreement(total);
  return { iou: mean('iou'), dice: mean('dice'), pixel_iou: together.iou, pixel_dice: together.dice };
}
