/**
 * A colour for every building: neighbours differ, and a detection has the colour of the building that it found.
 */
import type { Detection, GroundTruth } from '../evaluate/images/detections.ts';
import { rleIou } from '../masks/rle.ts';

/** Red, green and blue, 0-255. */
export type Color = readonly [number, number, number];

/** Bright and saturated, so that they stand out from roofs, soil and trees; neighbours in the list differ most. */
export const PALETTE: readonly Color[] = [
  [255, 69, 58],
  [0, 212, 255],
  [255, 214, 10],
  [191, 90, 242],
  [80, 250, 60],
  [255, 55, 165],
  [40, 130, 255],
  [255, 149, 0],
  [60, 255, 190],
  [255, 160, 190],
  [170, 150, 255],
  [215, 255, 80],
];

/** From this overlap on, a detection counts as having found a building. */
const FOUND_IOU = 0.5;

interface Colored {
  box: readonly [number, number, number, number];
  color: number;
}

/** @returns a colour for each building and each detection, in their order */
export function instanceColors(
  truth: readonly GroundTruth[],
  detections: readonly Detection[],
): { truth: Color[]; detections: Color[] } {
  const colored: Colored[] = [];
  const add = (box: Colored['box'], color = leastNear(box, colored)): number => {
    colored.push({ box, color });
    return color;
  };
  const truthColors = truth.map(({ box }) => add(box));
  const found = findBuildings(truth, detections);
  const detectionColors = detections.map(({ box }, d) => {
    const building = found[d]!;
    return add(box, building === null ? undefined : truthColors[building]);
  });
  const toColor = (color: number) => PALETTE[color]!;
  return { truth: truthColors.map(toColor), detections: detectionColors.map(toColor) };
}

/** The palette's colour whose nearest use is the furthest away; an unused one first. */
function leastNear(box: Colored['box'], colored: readonly Colored[]): number {
  const nearest = PALETTE.map(() => Infinity);
  for (const other of colored) {
    nearest[other.color] = Math.min(nearest[other.color]!, gap(box, other.box));
  }
  return nearest.indexOf(Math.max(...nearest));
}

/** Pixels between two boxes; 0 where they overlap. */
function gap(a: Colored['box'], b: Colored['box']): number {
  const dy = Math.max(0, a[0] - b[2], b[0] - a[2]);
  const dx = Math.max(0, a[1] - b[3], b[1] - a[3]);
  return Math.hypot(dy, dx);
}

/** For each detection the building that it found, or null: the best one left, in order of score, each building once. */
function findBuildings(truth: readonly GroundTruth[], detections: readonly Detection[]): (number | null)[] {
  const found = detections.map((): number | null => null);
  const order = [...detections.keys()].sort((a, b) => detections[b]!.score - detections[a]!.score);
  const taken = new Set<number>();
  for (const d of order) {
    let bestIou = FOUND_IOU;
    for (const [g, building] of truth.entries()) {
      if (taken.has(g) || gap(building.box, detections[d]!.box) > 0) continue;
      const iou = rleIou(detections[d]!.mask, building.mask);
      if (iou < bestIou) continue;
      bestIou = iou;
      found[d] = g;
    }
    if (found[d] !== null) taken.add(found[d]!);
  }
  return found;
}
