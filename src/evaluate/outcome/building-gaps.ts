/**
 * The room between buildings. A pixel is a square, and a gap the shortest way from one building's squares to another's:
 * 0 where buildings overlap or touch, if only with their corners, 1 with one pixel between them, sqrt(2) with one between
 * their corners.
 *
 * Works on the columns of run lengths. Boxes come first: few pairs of buildings have to be looked at closely.
 *
 * G buildings
 */
import { type Rle, rleBox } from '../../masks/rle.ts';
import { columnRuns, type Runs } from '../../masks/trace-polygons.ts';

/**
 * @param masks [G] of one size
 * @returns [G] pixels to the nearest other building, exact; null where there is none, and for a mask without pixels
 */
export function buildingGaps(masks: readonly Rle[]): (number | null)[] {
  const shapes = masks.map(shapeOf);
  /** [G] squared; of what has been looked at so far */
  const nearest = new Float64Array(masks.length).fill(Infinity);
  const look = (a: number, b: number) => {
    const limit = Math.max(nearest[a]!, nearest[b]!);
    if (squaredBoxGap(shapes[a]!, shapes[b]!) >= limit) return;
    const gap = squaredGap(shapes[a]!, shapes[b]!, limit);
    nearest[a] = Math.min(nearest[a]!, gap);
    nearest[b] = Math.min(nearest[b]!, gap);
  };
  // The nearest box is mostly the nearest building, and then rules out nearly all others.
  for (let a = 0; a < shapes.length; a++) {
    const closest = nearestBox(shapes, a);
    if (closest >= 0) look(a, closest);
  }
  for (let a = 0; a < shapes.length; a++) {
    for (let b = a + 1; b < shapes.length; b++) look(a, b);
  }
  return Array.from(nearest, (squared) => (squared === Infinity ? null : Math.sqrt(squared)));
}

interface Shape {
  /** [y1, x1, y2, x2] */
  box: [number, number, number, number];
  runs: Runs;
}

function shapeOf(mask: Rle): Shape {
  return { box: rleBox(mask), runs: columnRuns(mask) };
}

function squaredBoxGap({ box: a }: Shape, { box: b }: Shape): number {
  const y = Math.max(0, b[0] - a[2], a[0] - b[2]);
  const x = Math.max(0, b[1] - a[3], a[1] - b[3]);
  return y * y + x * x;
}

/** @returns -1 where there is no other */
function nearestBox(shapes: readonly Shape[], a: number): number {
  let [closest, smallest] = [-1, Infinity];
  for (let b = 0; b < shapes.length; b++) {
    const gap = b === a ? Infinity : squaredBoxGap(shapes[a]!, shapes[b]!);
    if (gap < smallest) [closest, smallest] = [b, gap];
  }
  return closest;
}

/**
 * The first runs that are too far to the left are passed over for good, as both lists go from left to right.
 * @returns Infinity, or any number from there on, where it is not below the limit
 */
function squaredGap({ runs: a }: Shape, { runs: b }: Shape, limit: number): number {
  let best = limit;
  let first = 0;
  for (let i = 0; i < a.x.length && best > 0; i++) {
    const [x, top, bottom] = [a.x[i]!, a.top[i]!, a.bottom[i]!];
    while (first < b.x.length && b.x[first]! < x && (x - b.x[first]! - 1) ** 2 >= best) first++;
    for (let j = first; j < b.x.length; j++) {
      const aside = b.x[j]! - x;
      const dx = aside === 0 ? 0 : Math.abs(aside) - 1;
      if (dx * dx >= best) {
        if (aside > 0) break;
        continue;
      }
      const dy = Math.max(0, b.top[j]! - bottom, top - b.bottom[j]!);
      if (dx * dx + dy * dy < best) best = dx * dx + dy * dy;
    }
  }
  return best;
}
