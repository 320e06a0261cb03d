import { createGiveWay } from '../system/give-way.ts';
import { categoryFigures, rankCategories } from './coco/category-figures.ts';
import { precisionRecallCurves } from './coco/precision-recall.ts';
import { addTallies, figuresByDensity, figuresByGap, figuresBySize, figuresBySource } from './groups.ts';
import type { BootstrapOptions } from './intervals/bootstrap.ts';
import { type EvaluatedSet, meanAgreement } from './intervals/headline-figures.ts';
import { bootstrapIntervals } from './intervals/intervals.ts';
import type { MatchKind } from './matching/measure-image.ts';
import type { Curves, Metrics, SharedFigures } from './metrics.ts';
import { ratesOf } from './outcome/rates.ts';
import { type UnionPixels, unionAgreement } from './outcome/union-agreement.ts';
import { calibrate } from './threshold/calibration.ts';
import { thresholdCurve } from './threshold/threshold.ts';
import { tideFigures } from './tide/tide-figures.ts';

/** How the images were measured, and how often they are resampled. */
export interface SummaryOptions extends BootstrapOptions {
  maxDetections: number;
  scoreThreshold: number;
}

/**
 * @returns what `metrics.json` and `curves.json` hold
 * @throws the signal's reason when it is aborted
 */
export async function summarize(
  set: EvaluatedSet,
  options: SummaryOptions,
): Promise<{ metrics: Metrics; curves: Curves }> {
  const { measured, counts } = set;
  const { maxDetections, scoreThreshold, resamples, signal } = options;
  const giveWay = createGiveWay(signal);
  const inTurn = async <Figures>(compute: () => Figures): Promise<Figures> => {
    await giveWay();
    return compute();
  };
  const rankings = await inTurn(() => rankCategories(measured));
  const coco = (kind: MatchKind) =>
    inTurn(() => categoryFigures(measured, kind, { maxDetections, rankings }));
  const calibration = await inTurn(() => calibrate(measured));
  const metrics: Metrics = {
    mask: await coco('mask'),
    boundary: await coco('boundary'),
    box: await coco('box'),
    ...agreementOf(counts),
    score_threshold: scoreThreshold,
    max_detections: maxDetections,
    ...figuresAtThreshold(set),
    errors: await inTurn(() => tideFigures(measured)),
    calibration_error: calibration.error,
    by_size: figuresBySize(counts),
    by_gap: figuresByGap(counts),
    by_density: await inTurn(() => figuresByDensity(set)),
    by_source: await inTurn(() => figuresBySource(set)),
    intervals: resamples > 0 ? await bootstrapIntervals({ ...set, ...options }) : null,
  };
  const curves = {
    precision_recall: await inTurn(() => precisionRecallCurves(measured)),
    thresholds: await inTurn(() => thresholdCurve(measured)),
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
  counts: EvaluatedSet['counts'],
): Pick<Metrics, 'iou' | 'dice' | 'pixel_iou' | 'pixel_dice'> {
  const sum = (key: keyof UnionPixels) => counts.reduce((total, { pixels }) => total + pixels[key], 0);
  const total: UnionPixels = { both: sum('both'), truth: sum('truth'), found: sum('found') };
  const mean = meanAgreement(counts);
  if (total.truth + total.found === 0) return { ...mean, pixel_iou: null, pixel_dice: null };
  const together = unionAgreement(total);
  return { ...mean, pixel_iou: together.iou, pixel_dice: together.dice };
}
