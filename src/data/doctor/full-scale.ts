import sharp from 'sharp';
import type { ImageHeader } from './image-header.ts';
import { type RawValues, readValues } from './raw-values.ts';

/** The value that becomes white in images of more than 8 bits. */
export interface FullScale {
  value: number;
  /** How it came about, as part of a sentence. */
  detail: string;
}

/** What sensors have; the file formats know 16 only, and 11 bits of a satellite in 16 would be black. */
const DEPTHS = [8, 10, 11, 12, 14, 16] as const;

/** Floating point as shares of full white. */
const REFLECTANCE = 1;

/**
 * Of the channels that are kept.
 * @returns null where none of its numbers is finite and above 0: there is nothing to see. Of whole numbers, 0 is black.
 * @throws Error where it does not decode
 */
export async function largestValue(file: string, header: ImageHeader): Promise<number | null> {
  const source = sharp(file, { failOn: 'error' });
  const isGrey = header.channels <= 2 && (header.space === 'b-w' || header.space === 'grey16');
  const kept = isGrey ? 1 : 3;
  if (isFloat(header)) return largestFinite(await readValues(source, header, true), kept);
  const stats = await source.stats();
  return Math.max(...stats.channels.slice(0, kept).map(({ max }) => max));
}

export function isFloat({ depth }: ImageHeader): boolean {
  return depth === 'float' || depth === 'double';
}

/** Not by sharp's statistics: a NaN, as surveys fill places without data, makes them wrong. */
function largestFinite({ values, channels }: RawValues, kept: number): number | null {
  let largest = 0;
  for (let i = 0; i < values.length; i += channels) {
    for (let c = 0; c < kept && c < channels; c++) {
      const value = values[i + c]!;
      if (value > largest && value < Infinity) largest = value;
    }
  }
  return largest === 0 ? null : largest;
}

/**
 * One scale for all images of a source, so that its tiles stay as bright as they are beside each other.
 * @param largest of all its images, see `largestValue`
 * @param holdsFloat they hold floating point numbers
 */
export function fullScaleOf(largest: number, holdsFloat: boolean): FullScale {
  const shown = holdsFloat ? Number(largest.toPrecision(4)) : largest;
  if (holdsFloat && largest <= REFLECTANCE) {
    return { value: REFLECTANCE, detail: `values up to ${shown} among its source's images: scaled from 0-1` };
  }
  const bits = DEPTHS.find((depth) => largest < 2 ** depth);
  return bits === undefined
    ? { value: largest, detail: `values up to ${shown} among its source's images: scaled from 0-${shown}` }
    : {
        value: 2 ** bits - 1,
        detail: `values up to ${shown} among its source's images: scaled from ${bits} bits`,
      };
}
