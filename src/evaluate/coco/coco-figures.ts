/**
 * COCO's summary of a set of matched images (pycocotools 2.0.11 `COCOeval.summarize`), for one category.
 */

import { AREA_RANGES, type AreaRange, type ImageMatches } from '../matching/matching.ts';
import {
  averagePrecision,
  averageRecall,
  type PrecisionCurves,
  poolMatches,
  precisionCurves,
  type Ranking,
  rankAll,
} from './average-precision.ts';

/** COCO's twelve figures, 0-1; null where the set holds no building of that size. */
export interface CocoMetrics {
  /** Mean over the IoU thresholds 0.5, 0.55, ... 0.95. */
  ap: number | null;
  ap50: number | null;
  ap75: number | null;
  /** Buildings up to 32² pixels. */
  ap_small: number | null;
  /** From 32² to 96² pixels. */
  ap_medium: number | null;
  /** From 96² pixels. */
  ap_large: number | null;
  /** Average recall with `maxDetections` an image. */
  ar: number | null;
  /** With the best detection of each image. */
  ar_1: number | null;
  /** With the best ten of each image, or `maxDetections` where that is less. */
  ar_10: number | null;
  ar_small: number | null;
  ar_medium: number | null;
  ar_large: number | null;
}

/**
 * @param images in the order of their ids: it decides between detections of equal score
 * @param maxDetections the best of each image
 * @param ranking `rankAll` of the images, for callers that need it several times
 */
export function cocoFigures(
  images: readonly ImageMatches[],
  maxDetections: number,
  ranking: Ranking = rankAll(images),
): CocoMetrics {
  const curves = (range: AreaRange, limit = maxDetections) =>
    precisionCurves(poolMatches(images, { range, ranking, maxDetections: Math.min(limit, maxDetections) }));
  const [all, small, medium, large] = [curves('all'), curves('small'), curves('medium'), curves('large')];
  return {
    ap: averagePrecision(all),
    ap50: averagePrecision(all, 0.5),
    ap75: averagePrecision(all, 0.75),
    ap_small: averagePrecision(small),
    ap_medium: averagePrecision(medium),
    ap_large: averagePrecision(large),
    ar: averageRecall(all),
    ar_1: averageRecall(curves('all', 1)),
    ar_10: averageRecall(curves('all', 10)),
    ar_small: averageRecall(small),
    ar_medium: averageRecall(medium),
    ar_large: averageRecall(large),
  };
}

/**
 * Everything that the figures are made of: pycocotools' arrays `precision` and `recall`, its −1 being null here.
 * @param maxDetections limits an image, ascending
 * @returns for each size one entry a limit
 */
export function cocoCurves(
  images: readonly ImageMatches[],
  maxDetections: readonly number[],
): Record<AreaRange, (PrecisionCurves | null)[]> {
  const ranking = rankAll(images);
  const curves = (range: AreaRange) =>
    maxDetections.map((limit) =>
      precisionCurves(poolMatches(images, { range, ranking, maxDetections: limit })),
    );
  const ranges = Object.keys(AREA_RANGES) as AreaRange[];
  return Object.fromEntries(ranges.map((range) => [range, curves(range)])) as ReturnType<typeof cocoCurves>;
}
