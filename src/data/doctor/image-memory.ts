/** How much memory an image takes that cannot be read row by row: no more than one, and no more than 1 GiB with all else. */
import type { Metadata } from 'sharp';

/** What it depends on. */
export type MemoryHeader = Pick<
  Metadata,
  'format' | 'width' | 'height' | 'orientation' | 'space' | 'depth' | 'isProgressive'
> & {
  /** sharp's types know 1 to 4; TIFF may have any number. */
  channels: number;
};

/** As much again may be a TIFF itself, which libtiff maps; the rest is for the runtime and the PNG that is written. */
export const MOST_BYTES = 450e6;
/** Images from here on are taken one at a time. */
const MANY_BYTES = 60e6;

/** By the type of its samples. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  double: 8,
};
/** Complex numbers, which are refused later. */
const MOST_SAMPLE_BYTES = 16;

/** libwebp holds the image, and for lossless ones the same again. */
const WEBP_BYTES = 8;
/** Coefficients of progressive JPEG, of each channel. */
const COEFFICIENT_BYTES = 2;

/** Colours of other spaces (Lab, XYZ) have a scale of their own. */
const SCALED_SPACES: ReadonlySet<string | undefined> = new Set(['rgb', 'rgb16', 'scrgb', 'b-w', 'grey16']);

/** Whether its values have more than 8 bits and nothing says which one is white. */
export function isDeep({ depth, space }: Pick<MemoryHeader, 'depth' | 'space'>): boolean {
  return depth !== 'uchar' && SCALED_SPACES.has(space);
}

/** TIFF with several channels of which none is said to be a colour. */
export function isUnnamed({ space, channels }: Pick<MemoryHeader, 'space' | 'channels'>): boolean {
  return (space === 'b-w' || space === 'grey16') && channels > 2;
}

/** @returns bytes, of its pixels alone: by the decoder, by turning it, and by choosing its channels */
export function bytesAtOnce(header: MemoryHeader): number {
  const { format, width, height, orientation, channels, depth, isProgressive } = header;
  const pixel = channels * (SAMPLE_BYTES[depth] ?? MOST_SAMPLE_BYTES);
  const progressive = format === 'jpeg' ? COEFFICIENT_BYTES * channels : pixel;
  const decoded = format === 'webp' ? WEBP_BYTES : isProgressive ? progressive : 0;
  const turned = (orientation ?? 1) === 1 ? 0 : pixel;
  // All values as they are stored, and the three of 8 bits that come of them.
  const chosen = isDeep(header) || isUnnamed(header) ? pixel + 3 : 0;
  return width * height * (decoded + turned + chosen);
}

/** Whether several of its kind at once would fill the memory. */
export function needsMuchMemory(header: MemoryHeader): boolean {
  return bytesAtOnce(header) > MANY_BYTES;
}
