/**
 * A colour for every building: neighbours differ, and a detection has the colour of the building that it found.
 */

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

type Box = readonly [y1: number, x1: number, y2: number, x2: number];

interface Colored {
  box: Box;
  color: number;
}

/** A detection, and the building that it found. */
export interface FoundInstance {
  box: Box;
  /** Index among the buildings; -1 = none. */
  found: number;
}

/** @returns a colour for each building and each detection, in their order */
export function instanceColors(
  truth: readonly { box: Box }[],
  detections: readonly FoundInstance[] = [],
): { truth: Color[]; detections: Color[] } {
  const colored: Colored[] = [];
  const add = (box: Box, color = leastNear(box, colored)): number => {
    colored.push({ box, color });
    return color;
  };
  const truthColors = truth.map(({ box }) => add(box));
  const detectionColors = detections.map(({ box, found }) =>
    add(box, found < 0 ? undefined : truthColors[found]),
  );
  const toColor = (color: number) => PALETTE[color]!;
  return { truth: truthColors.map(toColor), detections: detectionColors.map(toColor) };
}

/** The palette's colour whose nearest use is the furthest away; an unused one first. */
function leastNear(box: Box, colored: readonly Colored[]): number {
  const nearest = PALETTE.map(() => Infinity);
  for (const other of colored) {
    nearest[other.color] = Math.min(nearest[other.color]!, gap(box, other.box));
  }
  return nearest.indexOf(Math.max(...nearest));
}

/** Pixels between two boxes; 0 where they overlap. */
function gap(a: Box, b: Box): number {
  const dy = Math.max(0, a[0] - b[2], b[0] - a[2]);
  const dx = Math.max(0, a[1] - b[3], b[1] - a[3]);
  return Math.hypot(dy, dx);
}
