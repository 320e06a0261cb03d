import { averagePrecision, type Pool, precisionCurves } from '../coco/average-precision.ts';
import { meanOfCategories, poolCategories, rankCategories } from '../coco/category-figures.ts';
import type { MeasuredImage } from '../matching/measure-image.ts';
import type { OutcomeCounts } from '../outcome/count-outcome.ts';
import { ratesOf, type Tally } from '../outcome/rates.ts';
import { unionAgreement } from '../outcome/union-agreement.ts';

/** The figures that have an interval. */
export const INTERVAL_KEYS = [
  'mask_ap',
  'mask_ap50',
  'boundary_ap',
  'box_ap',
  'iou',
  'dice',
  'precision',
  'recall',
  'f1',
  'panoptic_quality',
  'merged_rate',
  'split_rate',
] as const;
export type IntervalKey = (typeof INTERVAL_KEYS)[number];

export type HeadlineFigures = Record<IntervalKey, number | null>;

/** The figures of a set in which each image stands as often as `repeats` [I] says; once each when left out. */
export type FiguresOf = (repeats?: ArrayLike<number>) => HeadlineFigures;

/** [I] images, both lists in the order of their ids, which decides between detections of equal score. */
export interface EvaluatedSet {
  measured: readonly MeasuredImage[];
  counts: readonly OutcomeCounts[];
}

/**
 * Ranks all detections once, so that each of many resamplings of the images is cheap.
 * @returns what gives the figures of `INTERVAL_KEYS`, equal to those of `Metrics`
 */
export function headlineFigures({ measured, counts }: EvaluatedSet): FiguresOf {
  const rankings = rankCategories(measured);
  const mask = poolCategories(measured, 'mask', { rankings });
  const boundary = poolCategories(measured, 'boundary', { rankings });
  const box = poolCategories(measured, 'box', { rankings });
  const once = new Uint8Array(counts.length).fill(1);
  return (repeats = once) => {
    const { ap, ap50 } = precisions(mask, repeats);
    return {
      mask_ap: ap,
      mask_ap50: ap50,
      boundary_ap: precisions(boundary, repeats).ap,
      box_ap: precisions(box, repeats).ap,
      ...meanAgreement(counts, repeats),
      ...ratesOf(addUp(counts, repeats)),
    };
  };
}

function precisions(pools: readonly Pool[], repeats: ArrayLike<number>) {
  const curves = pools.map((pool) => precisionCurves(pool, repeats));
  return {
    ap: meanOfCategories(curves.map((each) => averagePrecision(each))),
    ap50: meanOfCategories(curves.map((each) => averagePrecision(each, 0.5))),
  };
}

function addUp(counts: readonly Tally[], repeats: ArrayLike<number>): Tally {
  const sum: Tally = { buildings: 0, detections: 0, hits: 0, hitIou: 0, merged: 0, split: 0 };
  for (const [image, each] of counts.entries()) {
    const times = repeats[image]!;
    if (times === 0) continue;
    sum.buildings += times * each.buildings;
    sum.detections += times * each.detections;
    sum.hits += times * each.hits;
    sum.hitIou += times * each.hitIou;
    sum.merged += times * each.merged;
    sum.split += times * each.split;
  }
  return sum;
}

/**
 * Means over the images.
 * @param repeats [I] as in `FiguresOf`
 * @returns null where no pixel of any image is building, neither in truth nor as found
 */
export function meanAgreement(
  counts: readonly Pick<OutcomeCounts, 'pixels'>[],
  repeats?: ArrayLike<number>,
): Pick<HeadlineFigures, 'iou' | 'dice'> {
  let [images, area, iou, dice] = [0, 0, 0, 0];
  for (const [image, { pixels }] of counts.entries()) {
    const times = repeats ? repeats[image]! : 1;
    const agreement = unionAgreement(pixels);
    images += times;
    area += times * (pixels.truth + pixels.found);
    iou += times * agreement.iou;
    dice += times * agreement.dice;
  }
  return area === 0 ? { iou: null, dice: null } : { iou: iou / images, dice: dice / images };
}
