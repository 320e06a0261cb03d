import { type Rle, rleArea, rleIntersection, rleUnion } from '../masks/rle.ts';

/** How well two masks agree as sets of pixels. */
export interface UnionAgreement {
  /** Intersection over union, 0-1. */
  iou: number;
  /** 2 · intersection / (area + area), 0-1. */
  dice: number;
}

/**
 * Compares everything that is building in one list of masks with everything that is in another, whichever instance it
 * belongs to.
 * @returns 1 and 1 when there is no building pixel on either side (an empty image, rightly left empty), 0 and 0 when
 *   there are some on one side only
 */
export function unionAgreement(a: readonly Rle[], b: readonly Rle[]): UnionAgreement {
  const [unionA, unionB] = [unionOrNull(a), unionOrNull(b)];
  const areas = (unionA ? rleArea(unionA) : 0) + (unionB ? rleArea(unionB) : 0);
  if (areas === 0) return { iou: 1, dice: 1 };
  const intersection = unionA && unionB ? rleIntersection(unionA, unionB) : 0;
  return { iou: intersection / (areas - intersection), dice: (2 * intersection) / areas };
}

function unionOrNull(masks: readonly Rle[]): Rle | null {
  return masks.length === 0 ? null : rleUnion(masks);
}
