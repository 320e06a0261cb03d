/**
 * The rim of a mask: its pixels within a distance of its outline, what the boundary IoU compares (Cheng et al. 2021,
 * §3, https://arxiv.org/abs/2103.16562). Everything beyond the image counts as background, so that a mask which the
 * image cuts off has a rim there too.
 *
 * Works on run lengths: shrinking upwards and downwards shortens the runs of each column; shrinking sideways keeps what
 * a run shares with those of its neighbours, which are the same runs moved by whole columns. Costs a few passes over
 * the runs, whatever the size of the building.
 */
import type { Rle } from './rle.ts';

/** The paper's share of the image's diagonal, for which boundary AP is reported everywhere. */
const DIAGONAL_SHARE = 0.02;
/** As faster-coco-eval 1.8 rounds: exactly half a pixel goes down. The authors' code rounds it to the even number. */
const HALF_GOES_DOWN = 1e-10;

/** @returns the distance that counts as rim in an image of that size, in whole pixels; at least 1 */
export function boundaryDistance([height, width]: readonly [height: number, width: number]): number {
  return Math.max(1, Math.round(DIAGONAL_SHARE * Math.sqrt(height ** 2 + width ** 2) - HALF_GOES_DOWN));
}

/**
 * @param distance whole pixels, at least 1
 * @returns the pixels of the mask within a square of `distance` pixels to each side of which there is background; the
 *   mask itself where that is all of it
 */
export function rleBoundary(rle: Rle, distance: number): Rle {
  const runs = runsOf(rle);
  const core = shrink(runs, rle.size[0], distance);
  return core.length === 0 ? rle : { size: [...rle.size], counts: countsBetween(runs, core, rle.size) };
}

/** First pixels and ends (exclusive) in turn, ascending, in COCO's order: column by column. */
type Intervals = number[];

/** Runs that touch (some tools write runs of length 0) become one. */
function runsOf({ counts }: Rle): Intervals {
  const runs: Intervals = [];
  let position = 0;
  for (let i = 1; i < counts.length; i += 2) {
    const start = position + counts[i - 1]!;
    position = start + counts[i]!;
    if (position === start) continue;
    if (runs.length > 0 && runs[runs.length - 1] === start) runs[runs.length - 1] = position;
    else runs.push(start, position);
  }
  return runs;
}

/** @returns the pixels that have the mask all around them, `distance` far */
function shrink(runs: Intervals, height: number, distance: number): Intervals {
  const wanted = 2 * distance + 1;
  const column = (position: number) => Math.floor(position / height);
  if (runs.length === 0 || column(runs.at(-1)! - 1) - column(runs[0]!) + 1 < wanted) return [];
  let kept = shrinkColumns(runs, height, distance);
  // Pixels whose next `columns` columns are kept, their own included: twice as many with each pass.
  for (let columns = 1; columns < wanted && kept.length > 0; ) {
    const step = Math.min(columns, wanted - columns);
    kept = keepShared(kept, step * height);
    columns += step;
  }
  for (let i = 0; i < kept.length; i++) kept[i]! += distance * height;
  return kept;
}

function shrinkColumns(runs: Intervals, height: number, distance: number): Intervals {
  const kept: Intervals = [];
  for (let i = 0; i < runs.length; i += 2) {
    const end = runs[i + 1]!;
    for (let start = runs[i]!; start < end; ) {
      const columnEnd = Math.min(end, start - (start % height) + height);
      if (columnEnd - start > 2 * distance) kept.push(start + distance, columnEnd - distance);
      start = columnEnd;
    }
  }
  return kept;
}

/** @returns the pixels p of which p + shift is kept as well */
function keepShared(kept: Intervals, shift: number): Intervals {
  const shared: Intervals = [];
  let [i, j] = [0, 0];
  while (i < kept.length && j < kept.length) {
    const [end, shiftedEnd] = [kept[i + 1]!, kept[j + 1]! - shift];
    const first = Math.max(kept[i]!, kept[j]! - shift);
    const last = Math.min(end, shiftedEnd);
    if (first < last) shared.push(first, last);
    if (end < shiftedEnd) i += 2;
    else j += 2;
  }
  return shared;
}

/** @returns run lengths of the runs without their core, which touches no end of a run */
function countsBetween(runs: Intervals, core: Intervals, [height, width]: Rle['size']): Uint32Array {
  const total = height * width;
  const reachesEnd = runs.at(-1) === total;
  const counts = new Uint32Array(runs.length + core.length + (reachesEnd ? 0 : 1));
  let [n, k, last] = [0, 0, 0];
  const switchAt = (position: number) => {
    counts[n++] = position - last;
    last = position;
  };
  for (let i = 0; i < runs.length; i++) {
    for (; k < core.length && core[k]! < runs[i]!; k++) switchAt(core[k]!);
    switchAt(runs[i]!);
  }
  if (!reachesEnd) switchAt(total);
  return counts;
}
