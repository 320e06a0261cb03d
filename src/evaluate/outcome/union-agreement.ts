import { type Rle, rleArea, rleIntersection, rleUnion } from '../../masks/rle.ts';

/** Pixels of an image, or of any number of images added up, whichever instance they belong to. */
export interface UnionPixels {
  /** Building in both. */
  both: number;
  /** Building in the ground truth. */
  truth: number;
  /** Building among the detections. */
  found: number;
}

/** How well two masks agree as sets of pixels. */
export interface UnionAgreement {
  /** Intersection over union, 0-1. */
  iou: number;
  /** 2 · intersection / (area + area), 0-1. */
  dice: number;
}

/**
 * Counts what is building in any of the masks of one image.
 * @param crowds regions whose pixels are not counted at all: nobody has said which of them are buildings
 */
export function countUnionPixels(
  truth: readonly Rle[],
  found: readonly Rle[],
  crowds: readonly Rle[] = [],
): UnionPixels {
  const uncounted = areaOf(union(crowds));
  const [withTruth, withFound] = [union([...truth, ...crowds]), union([...found, ...crowds])];
  const both = withTruth && withFound ? rleIntersection(withTruth, withFound) : 0;
  return {
    both: both - uncounted,
    truth: areaOf(withTruth) - uncounted,
    found: areaOf(withFound) - uncounted,
  };
}

/**
 * @returns 1 and 1 when there is no building pixel on either side (an empty image, rightly left empty), 0 and 0 when
 *   there are some on one side only
 */
export function unionAgreement({ both, truth, found }: UnionPixels): UnionAgreement {
  const areas = truth + found;
  return areas === 0 ? { iou: 1, dice: 1 } : { iou: both / (areas - both), dice: (2 * both) / areas };
}

/** @returns null without masks */
function union(masks: readonly Rle[]): Rle | null {
  return masks.length === 0 ? null : rleUnion(masks);
}

function areaOf(mask: Rle | null): number {
  return mask ? rleArea(mask) : 0;
}
