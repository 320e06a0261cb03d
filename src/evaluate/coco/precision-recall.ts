import { IOU_THRESHOLDS } from '../matching/matching.ts';
import type { MeasuredImage } from '../matching/measure-image.ts';
import { precisionCurves, RECALL_POINTS } from './average-precision.ts';
import { meanOfCategories, poolCategories } from './category-figures.ts';

/** COCO's precision at its 101 recall points, mean over the categories. */
export interface PrecisionRecall {
  /** Of the masks, from which on a detection is right. */
  iou: number;
  /** Empty where undefined. */
  points: { recall: number; precision: number }[];
}

/** Drawn are a mask that is found at all, and one that is found well. */
const IOUS = [0.5, 0.75];

/**
 * @param measured in the order of their ids
 * @returns the precision of which `ap50` and `ap75` of masks are the means; without points where they are null
 */
export function precisionRecallCurves(
  measured: readonly Pick<MeasuredImage, 'categories'>[],
): PrecisionRecall[] {
  const curves = poolCategories(measured, 'mask').map((pool) => precisionCurves(pool));
  const isDefined = curves.some((each) => each !== null);
  return IOUS.map((iou) => {
    const row = IOU_THRESHOLDS.indexOf(iou) * RECALL_POINTS.length;
    const points = RECALL_POINTS.map((recall, r) => {
      const precision = meanOfCategories(curves.map((each) => each?.precision[row + r] ?? null));
      return { recall, precision: precision ?? 0 };
    });
    return { iou, points: isDefined ? points : [] };
  });
}
