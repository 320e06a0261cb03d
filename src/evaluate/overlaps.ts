/**
 * How much every detection of an image overlaps every building of its ground truth.
 * COCO's rule for crowd regions: the intersection is divided by the detection's area alone.
 *
 * D detections · G buildings. Boxes are [y1, x1, y2, x2] pixels.
 */
import { type Rle, rleArea, rleBox, rleIntersection } from '../masks/rle.ts';
import type { Detection, GroundTruth } from './detections.ts';

type Box = readonly [number, number, number, number];

/** @returns [D, G] intersection over union of the masks, 0-1; 0 where one is empty */
export function maskOverlaps(detections: readonly Detection[], truth: readonly GroundTruth[]): Float64Array {
  const found = detections.map((detection) => measure(detection.mask));
  const real = truth.map((building) => measure(building.mask));
  const overlaps = new Float64Array(found.length * real.length);
  for (const [d, a] of found.entries()) {
    for (const [g, b] of real.entries()) {
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

function boxesTouch(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/** @returns [D, G] intersection over union of the boxes, 0-1; 0 where one is empty */
export function boxOverlaps(detections: readonly Detection[], truth: readonly GroundTruth[]): Float64Array {
  const overlaps = new Float64Array(detections.length * truth.length);
  for (const [d, { box: a }] of detections.entries()) {
    for (const [g, { box: b, crowd }] of truth.entries()) {
      overlaps[d * truth.length + g] = boxIou(a, b, crowd);
    }
  }
  return overlaps;
}

/**
 * Corners are rebuilt from the sides as COCO's [x, y, width, height] has them: the last bit can decide
 * whether an overlap reaches a threshold.
 */
function boxIou(a: Box, b: Box, crowd: boolean): number {
  const [heightA, widthA, heightB, widthB] = [a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]];
  const width = Math.min(widthA + a[1], widthB + b[1]) - Math.max(a[1], b[1]);
  const height = Math.min(heightA + a[0], heightB + b[0]) - Math.max(a[0], b[0]);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  const areaA = widthA * heightA;
  return intersection / (crowd ? areaA : areaA + widthB * heightB - intersection);
}

/** @returns square pixels, as COCO computes it from [x, y, width, height] */
export function boxArea(box: Box): number {
  return (box[3] - box[1]) * (box[2] - box[0]);
}
