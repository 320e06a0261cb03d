import sharp from 'sharp';
import type { ImageHeader } from './image-header.ts';

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

/** Colours of other spaces (Lab, XYZ) have a scale of their own. */
const SCALED_SPACES: ReadonlySet<string | undefined> = new Set(['rgb', 'rgb16', 'scrgb', 'b-w', 'grey16']);

/** Whether its values have more than 8 bits and nothing says which one is white. */
export function isDeep({ depth, space }: ImageHeader): boolean {
  return depth !== 'uchar' && SCALED_SPACES.has(space);
}

/** @returns the largest value in the channels that are kept; throws where it does not decode */
export async function largestValue(file: string, { channels, space }: ImageHeader): Promise<number> {
  const stats = await sharp(file, { failOn: 'error' }).stats();
  const isGrey = channels <= 2 && (space === 'b-w' || space === 'grey16');
  return Math.max(...stats.channels.slice(0, isGrey ? 1 : 3).map(({ max }) => max));
}

/**
 * One scale for all images of a source, so that its tiles stay as bright as they are beside each other.
 * @param largest of all its images, see `largestValue`
 * @param isFloat they hold floating point numbers
 */
export function fullScaleOf(largest: number, isFloat: boolean): FullScale {
  const shown = isFloat ? Number(largest.toPrecision(4)) : largest;
  if (isFloat && largest <= REFLECTANCE) {
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
