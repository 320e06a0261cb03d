/**
 * How much every detection of an image overlaps every building of its ground truth.
 * COCO's rule for crowd regions: the intersection is divided by the detection's area alone.
 *
 * D detections · G buildings
 */
import { boundaryDistance, rleBoundary } from '../../masks/boundary.ts';
import { type Rle, rleArea, rleBox, rleIntersection, rleIou } from '../../masks/rle.ts';
import type { ImageBox } from '../images/detections.ts';
import { IOU_THRESHOLDS } from './matching.ts';

type Box = readonly [number, number, number, number];

/** @returns [D, G] intersection over union of the masks, 0-1; 0 where one is empty */
export function maskOverlaps(
  detections: readonly { mask: Rle }[],
  truth: readonly { mask: Rle; crowd: boolean }[],
): Float64Array {
  const overlaps = new Float64Array(detections.length * truth.length);
  const real = truth.map(({ mask }) => measure(mask));
  for (const [d, detection] of detections.entries()) {
    const a = measure(detection.mask);
    for (let g = 0; g < real.length; g++) {
      const b = real[g]!;
      if (!boxesTouch(a.box, b.box)) continue;
      const intersection = rleIntersection(a.mask, b.mask);
      if (intersection === 0) continue;
      const union = truth[g]!.crowd ? a.area : a.area + b.area - intersection;
      overlaps[d * real.length + g] = intersection / union;
    }
  }
  return overlaps;
}

function measure(mask: Rle): { mask: Rle; area: number; box: Box } {
  return { mask, area: rleArea(mask), box: rleBox(mask) };
}

/** Whether they share more than an edge. */
export function boxesTouch(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/**
 * What boundary AP matches by: the smaller of the masks' IoU and that of their rims (Cheng et al. 2021, §4.2,
 * https://arxiv.org/abs/2103.16562); for crowd regions, the masks' alone. The rim makes coarse outlines of large
 * buildings count, which the mask's IoU hardly notices.
 * @param overlaps [D, G] of the masks
 * @returns [D, G]; below the lowest of `IOU_THRESHOLDS`, where nothing can match any more, as in `overlaps`
 */
export function boundaryOverlaps(
  detections: readonly { mask: Rle }[],
  truth: readonly { mask: Rle; crowd: boolean }[],
  overlaps: Float64Array,
): Float64Array {
  const smaller = Float64Array.from(overlaps);
  const rims = new Map<Rle, Rle>();
  const rimOf = (mask: Rle): Rle => {
    const rim = rims.get(mask) ?? rleBoundary(mask, boundaryDistance(mask.size));
    rims.set(mask, rim);
    return rim;
  };
  for (let at = 0; at < overlaps.length; at++) {
    if (overlaps[at]! < IOU_THRESHOLDS[0]!) continue;
    const [{ mask }, building] = [detections[Math.floor(at / truth.length)]!, truth[at % truth.length]!];
    if (building.crowd) continue;
    smaller[at] = Math.min(overlaps[at]!, rleIou(rimOf(mask), rimOf(building.mask)));
  }
  return smaller;
}

/** @returns [D, G] intersection over union of the boxes, 0-1; 0 where one is empty */
export function boxOverlaps(
  detections: readonly ImageBox[],
  truth: readonly (ImageBox & { crowd: boolean })[],
): Float64Array {
  const overlaps = new Float64Array(detections.length * truth.length);
  const real = truth.map(cornerAndSides);
  for (const [d, detection] of detections.entries()) {
    const a = cornerAndSides(detection);
    for (let g = 0; g < real.length; g++) {
      overlaps[d * real.length + g] = boxIou(a, real[g]!, truth[g]!.crowd);
    }
  }
  return overlaps;
}

/** @returns [y, x, height, width], what COCO computes with */
function cornerAndSides({ box: [y1, x1, y2, x2], sides }: ImageBox): Box {
  return sides ? [y1, x1, ...sides] : [y1, x1, y2 - y1, x2 - x1];
}

/** The other corners are rebuilt from the sides, as COCO does: see `ImageBox`. */
function boxIou(a: Box, b: Box, crowd: boolean): number {
  const width = Math.min(a[3] + a[1], b[3] + b[1]) - Math.max(a[1], b[1]);
  if (width <= 0) return 0;
  const height = Math.min(a[2] + a[0], b[2] + b[0]) - Math.max(a[0], b[0]);
  if (height <= 0) return 0;
  const intersection = width * height;
  const areaA = a[3] * a[2];
  return intersection / (crowd ? areaA : areaA + b[3] * b[2] - intersection);
}

/** @returns square pixels, as COCO computes it from [x, y, width, height] */
export function boxArea(box: ImageBox): number {
  const [, , height, width] = cornerAndSides(box);
  return width * height;
}
