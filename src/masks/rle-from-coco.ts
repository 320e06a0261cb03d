import { type Rle, rleFromString } from './rle.ts';

/** No building has so many runs; what has is noise, or made to eat memory. */
const MOST_RUNS = 1_000_000;

/** Characters of a run in the compressed text, at most: it has 32 bits and a sign, 5 to a character. */
const LONGEST_RUN = 7;

/** Positions in a mask are 32-bit numbers. */
const MOST_PIXELS = 2 ** 32 - 1;

/**
 * COCO's run lengths as they stand in a file, in either form.
 * @param counts a list of whole numbers >= 0, or the compressed text
 * @param size [height, width]
 * @throws RangeError in one line where they make no mask: part of a sentence, with the value
 */
export function rleFromCoco(counts: unknown, size: unknown): Rle {
  const checkedSize = sizeOf(size);
  if (typeof counts === 'string') {
    assertFewRuns(Math.ceil(counts.length / LONGEST_RUN));
    return rleFromString(counts, checkedSize);
  }
  if (!Array.isArray(counts)) {
    throw new RangeError(`counts must be a list of numbers or a text, got ${typeNameOf(counts)}`);
  }
  assertFewRuns(counts.length);
  const total = counts.reduce<number>((sum, count, i) => {
    if (Number.isInteger(count) && count >= 0) return sum + count;
    throw new RangeError(`counts[${i}] must be a whole number >= 0, got ${shown(count)}`);
  }, 0);
  const [height, width] = checkedSize;
  if (total !== height * width) {
    throw new RangeError(`counts must add up to ${height}x${width} = ${height * width} pixels, got ${total}`);
  }
  return { size: checkedSize, counts: Uint32Array.from(counts) };
}

function sizeOf(size: unknown): [number, number] {
  const [height, width] = Array.isArray(size) && size.length === 2 ? (size as unknown[]) : [];
  if (!isLength(height) || !isLength(width) || height * width > MOST_PIXELS) {
    throw new RangeError(`size must be [height, width] in pixels, got ${shown(size)}`);
  }
  return [height, width];
}

function isLength(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function assertFewRuns(runs: number): void {
  if (runs > MOST_RUNS) throw new RangeError(`at most ${MOST_RUNS} runs make a mask, got ${runs}`);
}

/** Lists are shown when short: others' files may hold anything. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length <= 4 ? `[${value.map(scalar).join(', ')}]` : 'a long list';
  return scalar(value);
}

function scalar(value: unknown): string {
  return typeof value === 'number' || value === null ? String(value) : typeNameOf(value);
}

function typeNameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}
