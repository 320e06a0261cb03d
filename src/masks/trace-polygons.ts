/**
 * Masks to polygons, exactly along the edges of the pixels: the way back from `rleFromPolygons`, to the last pixel.
 *
 * Works on runs, not on pixels: time and memory go with the length of the outline. Each run has a top and a bottom edge,
 * one pixel wide; whatever joins them is vertical. Top edges are walked to the right and bottom edges to the left, so
 * that the building is always on the right-hand side: outer outlines go clockwise on the screen, holes the other way.
 *
 * Parts are 4-connected: pixels that touch only with their corners belong to two parts. So two roofs that meet at a
 * corner stay two simple rings. (A gap that opens to the outside through such a corner only is walked as a part of the
 * outer ring, which passes that corner twice.)
 */
import type { Rle } from './rle.ts';

/**
 * @returns outer rings, clockwise, each flat [x0, y0, x1, y1, ...] in whole pixels, pixel i covering [i, i + 1), without
 *   points on straight lines, ordered by their first run (by column, then row); none for an empty mask. A hole is joined
 *   to the ring around it by a doubled vertical line ("keyhole"), which encloses nothing: areas, even-odd tests and
 *   rasterising need not know of holes.
 */
export function tracePolygons(rle: Rle): number[][] {
  const runs = columnRuns(rle);
  const next = Uint32Array.from({ length: 2 * runs.x.length }, (_, edge) =>
    edge % 2 === 0 ? afterTop(runs, edge >> 1) : afterBottom(runs, edge >> 1),
  );
  joinHoles(runs, next);
  return collectRings(next).map((ring) => ringPoints(runs, ring));
}

/** Runs of building pixels, each within one column, by column, then row. Edge 2r is the top of run r, 2r + 1 its bottom. */
export interface Runs {
  height: number;
  /** Column of each run. */
  x: Uint32Array;
  /** First row of each run, and the row after its last. */
  top: Uint32Array;
  bottom: Uint32Array;
}

/** @returns none for an empty mask */
export function columnRuns({ size: [height], counts }: Rle): Runs {
  const limit = mostColumnRuns(counts, height);
  const [x, top, bottom] = [new Uint32Array(limit), new Uint32Array(limit), new Uint32Array(limit)];
  let [n, position] = [0, 0];
  for (let i = 1; i < counts.length; i += 2) {
    position += counts[i - 1]!;
    for (const end = position + counts[i]!; position < end; ) {
      const column = Math.floor(position / height);
      const columnStart = column * height;
      const pieceEnd = Math.min(end, columnStart + height);
      // Runs of no length between two others leave these touching: they are one.
      const goesOn = n > 0 && x[n - 1] === column && bottom[n - 1] === position - columnStart;
      if (!goesOn) {
        x[n] = column;
        top[n++] = position - columnStart;
      }
      bottom[n - 1] = pieceEnd - columnStart;
      position = pieceEnd;
    }
  }
  return { height, x: x.subarray(0, n), top: top.subarray(0, n), bottom: bottom.subarray(0, n) };
}

/** Each run once, and once more for every column that it goes on in. */
function mostColumnRuns(counts: Uint32Array, height: number): number {
  let [most, position] = [0, 0];
  for (let i = 1; i < counts.length; i += 2) {
    const start = position + counts[i - 1]!;
    position = start + counts[i]!;
    if (position > start) most += Math.floor((position - 1) / height) - Math.floor(start / height) + 1;
  }
  return most;
}

const topOf = (run: number) => 2 * run;
const bottomOf = (run: number) => 2 * run + 1;

/** @returns the first run that reaches below `row` in `column`, or else the first one in a later column */
function firstBelow({ height, x, bottom }: Runs, column: number, row: number): number {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! * height + bottom[middle]! > column * height + row) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The edge after the top edge of a run, which ends at the line between its column and the next one. */
function afterTop(runs: Runs, run: number): number {
  const { x, top, bottom } = runs;
  const [column, y] = [x[run]!, top[run]!];
  const right = firstBelow(runs, column + 1, y);
  const hasRight = x[right] === column + 1;
  // Right turn: down along the run's own right side, until the next column begins or the run ends.
  if (!hasRight || top[right]! > y) {
    return hasRight && top[right]! < bottom[run]! ? topOf(right) : bottomOf(run);
  }
  // Left turn (or straight on): up along the left side of the next column, until this column begins again or that run ends.
  const above = run - 1;
  return x[above] === column && bottom[above]! > top[right]! ? bottomOf(above) : topOf(right);
}

/** The edge after the bottom edge of a run, which ends at the line between its column and the one before. */
function afterBottom(runs: Runs, run: number): number {
  const { x, top, bottom } = runs;
  const [column, y] = [x[run]!, bottom[run]!];
  if (column === 0) return topOf(run);
  const left = firstBelow(runs, column - 1, y - 1);
  // Left turn (or straight on): down along the right side of the column before.
  if (x[left] === column - 1 && top[left]! < y) {
    const below = run + 1;
    return x[below] === column && top[below]! < bottom[left]! ? topOf(below) : bottomOf(left);
  }
  // Right turn: up along the run's own left side.
  const above = left - 1;
  return x[above] === column - 1 && bottom[above]! > top[run]! ? bottomOf(above) : topOf(run);
}

/**
 * Joins each hole to the outline above its upper left corner. Both have an edge that ends on the vertical line through
 * that corner, with building on both sides of it in between; swapping what follows these two makes one ring of two.
 */
function joinHoles(runs: Runs, next: Uint32Array): void {
  const { x, top } = runs;
  const previous = new Uint32Array(next.length);
  for (const [edge, follower] of next.entries()) previous[follower] = edge;
  for (const ring of collectRings(next)) {
    if (ringArea(runs, ring) > 0) continue;
    const corner = upperLeft(runs, ring);
    const [run, y] = [corner >> 1, runs.bottom[corner >> 1]!];
    const left = firstBelow(runs, x[run]! - 1, y - 1);
    const above = top[run]! >= top[left]! ? previous[topOf(run)]! : topOf(left);
    [next[above], next[corner]] = [next[corner]!, next[above]!];
    previous[next[above]!] = above;
    previous[next[corner]!] = corner;
  }
}

/** The leftmost of the uppermost edges of a hole; it is a bottom edge. */
function upperLeft({ x, bottom }: Runs, hole: readonly number[]): number {
  const key = (edge: number) => [bottom[edge >> 1]!, x[edge >> 1]!] as const;
  return hole
    .filter((edge) => edge % 2 === 1)
    .reduce((best, edge) => {
      const [[y, column], [bestY, bestColumn]] = [key(edge), key(best)];
      return y < bestY || (y === bestY && column < bestColumn) ? edge : best;
    });
}

/** Square pixels; below 0 for holes. */
function ringArea({ top, bottom }: Runs, ring: readonly number[]): number {
  return ring.reduce((sum, edge) => sum + (edge % 2 === 0 ? -top[edge >> 1]! : bottom[edge >> 1]!), 0);
}

/** The edges of each ring in their order, beginning with the first run's. */
function collectRings(next: Uint32Array): number[][] {
  const rings: number[][] = [];
  const isSeen = new Uint8Array(next.length);
  for (let first = 0; first < next.length; first++) {
    if (isSeen[first] === 1) continue;
    const ring: number[] = [];
    for (let edge = first; isSeen[edge] === 0; edge = next[edge]!) {
      isSeen[edge] = 1;
      ring.push(edge);
    }
    rings.push(ring);
  }
  return rings;
}

/** The corners of a ring: where an edge does not go straight on. */
function ringPoints({ x, top, bottom }: Runs, ring: readonly number[]): number[] {
  const points: number[] = [];
  for (const [i, edge] of ring.entries()) {
    const follower = ring[(i + 1) % ring.length]!;
    // A top edge ends on the right of its column and a bottom edge on the left; the follower begins on the same line.
    const line = x[edge >> 1]! + (edge % 2 === 0 ? 1 : 0);
    const from = (edge % 2 === 0 ? top : bottom)[edge >> 1]!;
    const to = (follower % 2 === 0 ? top : bottom)[follower >> 1]!;
    if (from !== to) points.push(line, from, line, to);
  }
  return points;
}
