/**
 * Binary masks as run lengths, the form in which COCO keeps, compares and stores them.
 * Everything here works on the runs themselves; a mask is never unpacked to compare it.
 * The reference is pycocotools 2.0.11 (`pycocotools.mask`): the same runs, areas, boxes, strings and IoUs, bit for bit.
 */

/**
 * A binary mask as run lengths in COCO's order: column by column, runs of 0 and 1 in turn, starting with 0.
 * Sum of `counts` = size[0] * size[1].
 */
export interface Rle {
  /** [height, width] in pixels. */
  size: [number, number];
  counts: Uint32Array;
}

/**
 * @param mask [height, width] row by row; anything but 0 is building
 * @throws RangeError when `mask` does not have height * width values
 */
export function encodeRle(mask: Uint8Array, height: number, width: number): Rle {
  if (mask.length !== height * width) {
    throw new RangeError(
      `encodeRle: expected ${height}x${width} = ${height * width} values, got ${mask.length}`,
    );
  }
  const counts: number[] = [];
  let inside = false;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let i = x; i < mask.length; i += width) {
      if ((mask[i] !== 0) !== inside) {
        counts.push(run);
        run = 0;
        inside = !inside;
      }
      run++;
    }
  }
  counts.push(run);
  return { size: [height, width], counts: Uint32Array.from(counts) };
}

/** @returns [height, width] row by row, 1 = building */
export function decodeRle(rle: Rle): Uint8Array {
  const [height, width] = rle.size;
  const mask = new Uint8Array(height * width);
  let position = 0;
  for (let i = 0; i < rle.counts.length; i++) {
    const end = position + rle.counts[i]!;
    if (i % 2 === 1) {
      for (let p = position; p < end; p++) mask[(p % height) * width + Math.floor(p / height)] = 1;
    }
    position = end;
  }
  return mask;
}

/** @returns number of building pixels */
export function rleArea(rle: Rle): number {
  let area = 0;
  for (let i = 1; i < rle.counts.length; i += 2) area += rle.counts[i]!;
  return area;
}

/** @returns [y1, x1, y2, x2], the tightest box around the mask with pixel i covering [i, i + 1); all 0 for an empty mask */
export function rleBox(rle: Rle): [number, number, number, number] {
  const height = rle.size[0];
  let [y1, x1, y2, x2] = [Infinity, Infinity, 0, 0];
  let position = rle.counts[0] ?? 0;
  for (let i = 1; i < rle.counts.length; i += 2) {
    const length = rle.counts[i]!;
    if (length > 0) {
      const last = position + length - 1;
      const [firstColumn, lastColumn] = [Math.floor(position / height), Math.floor(last / height)];
      const spansColumns = lastColumn > firstColumn;
      x1 = Math.min(x1, firstColumn);
      x2 = Math.max(x2, lastColumn + 1);
      y1 = Math.min(y1, spansColumns ? 0 : position % height);
      y2 = Math.max(y2, spansColumns ? height : (last % height) + 1);
    }
    position += length + (rle.counts[i + 1] ?? 0);
  }
  return x2 === 0 ? [0, 0, 0, 0] : [y1, x1, y2, x2];
}

/**
 * @returns number of pixels that are building in both masks
 * @throws RangeError when the masks differ in size
 */
export function rleIntersection(a: Rle, b: Rle): number {
  assertSameSize(a, b);
  const [countsA, countsB] = [a.counts, b.counts];
  let [i, j] = [1, 1];
  let startA = countsA[0]!;
  let endA = startA + countsA[1]!;
  let startB = countsB[0]!;
  let endB = startB + countsB[1]!;
  let area = 0;
  while (i < countsA.length && j < countsB.length) {
    const overlap = Math.min(endA, endB) - Math.max(startA, startB);
    if (overlap > 0) area += overlap;
    if (endA <= endB) {
      i += 2;
      startA = endA + countsA[i - 1]!;
      endA = startA + countsA[i]!;
    } else {
      j += 2;
      startB = endB + countsB[j - 1]!;
      endB = startB + countsB[j]!;
    }
  }
  return area;
}

/**
 * Intersection over union of two masks.
 * @param crowd `b` is a crowd region: the intersection is then divided by the area of `a` alone (COCO's rule)
 * @returns 0-1; 0 when nothing overlaps, so also when either is empty
 * @throws RangeError when the masks differ in size
 */
export function rleIou(a: Rle, b: Rle, crowd = false): number {
  const intersection = rleIntersection(a, b);
  if (intersection === 0) return 0;
  const areaA = rleArea(a);
  return intersection / (crowd ? areaA : areaA + rleArea(b) - intersection);
}

/**
 * @param rles at least one mask, all of one size
 * @returns the pixels that are building in any of them
 * @throws RangeError when there is no mask, or they differ in size
 */
export function rleUnion(rles: readonly Rle[]): Rle {
  const first = rles[0];
  if (!first) throw new RangeError('rleUnion: expected at least one mask, got none');
  for (const rle of rles) assertSameSize(first, rle);
  const { starts, ends } = sortedIntervals(rles);
  const counts: number[] = [];
  let position = 0;
  let runStart = starts[0];
  // i + 1 runs have begun by starts[i] and ended by ends[i]: none is open between ends[i] and a later starts[i + 1].
  for (let i = 0; i < starts.length; i++) {
    const next = starts[i + 1] ?? Infinity;
    if (next <= ends[i]!) continue;
    counts.push(runStart! - position, ends[i]! - runStart!);
    position = ends[i]!;
    runStart = next;
  }
  const total = first.size[0] * first.size[1];
  if (position < total || counts.length === 0) counts.push(total - position);
  return { size: [...first.size], counts: Uint32Array.from(counts) };
}

/** First positions and ends (exclusive) of all runs of 1, each sorted for itself. */
function sortedIntervals(rles: readonly Rle[]): { starts: Uint32Array; ends: Uint32Array } {
  const limit = rles.reduce((sum, { counts }) => sum + counts.length, 0) >> 1;
  const starts = new Uint32Array(limit);
  const ends = new Uint32Array(limit);
  let n = 0;
  for (const { counts } of rles) {
    let position = 0;
    for (let i = 1; i < counts.length; i += 2) {
      const start = position + counts[i - 1]!;
      position = start + counts[i]!;
      if (position === start) continue;
      starts[n] = start;
      ends[n++] = position;
    }
  }
  return { starts: starts.subarray(0, n).sort(), ends: ends.subarray(0, n).sort() };
}

// COCO's strings: 5 bits a character from '0' on, the 6th bit says that more follow, the 5th of the last is the sign.
const FIRST_CHARACTER = 48;
const MORE = 0x20;
const SIGN = 0x10;
const PAYLOAD = 0x1f;

/** @returns COCO's compressed form of `counts`: from the fourth on, each is written as the difference to the one before the last */
export function rleToString(rle: Rle): string {
  const { counts } = rle;
  let text = '';
  for (let i = 0; i < counts.length; i++) {
    let rest = counts[i]! - (i > 2 ? counts[i - 2]! : 0);
    for (let more = true; more; ) {
      const bits = rest & PAYLOAD;
      rest >>= 5;
      more = (bits & SIGN) !== 0 ? rest !== -1 : rest !== 0;
      text += String.fromCharCode((more ? bits | MORE : bits) + FIRST_CHARACTER);
    }
  }
  return text;
}

/**
 * Reads COCO's compressed form.
 * @param size [height, width]
 * @throws RangeError when the text is cut off, holds a foreign character, or does not describe height * width pixels
 */
export function rleFromString(text: string, size: readonly [number, number]): Rle {
  const counts: number[] = [];
  let [value, shift, total] = [0, 0, 0];
  for (let p = 0; p < text.length; p++) {
    const code = text.charCodeAt(p) - FIRST_CHARACTER;
    if (code < 0 || code > (MORE | PAYLOAD) || shift > 30) {
      throw new RangeError(
        `rleFromString: not a COCO run-length string at character ${p}: ${excerpt(text, p)}`,
      );
    }
    value |= (code & PAYLOAD) << shift;
    shift += 5;
    if ((code & MORE) !== 0) continue;
    if ((code & SIGN) !== 0 && shift < 32) value |= -1 << shift;
    const count = value + (counts.length > 2 ? counts.at(-2)! : 0);
    if (count < 0) throw new RangeError(`rleFromString: run ${counts.length} is negative (${count})`);
    counts.push(count);
    total += count;
    [value, shift] = [0, 0];
  }
  if (shift > 0) throw new RangeError(`rleFromString: the string is cut off after ${counts.length} runs`);
  const [height, width] = size;
  if (total !== height * width) {
    throw new RangeError(
      `rleFromString: expected ${height}x${width} = ${height * width} pixels, got ${total}`,
    );
  }
  return { size: [height, width], counts: Uint32Array.from(counts) };
}

function excerpt(text: string, position: number): string {
  return JSON.stringify(text.slice(Math.max(0, position - 5), position + 6));
}

function assertSameSize(a: Rle, b: Rle): void {
  if (a.size[0] === b.size[0] && a.size[1] === b.size[1]) return;
  throw new RangeError(
    `Masks differ in size: ${a.size.join('x')} and ${b.size.join('x')} pixels (height x width)`,
  );
}
