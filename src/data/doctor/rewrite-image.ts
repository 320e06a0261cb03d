import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { explainDiskError } from '../../system/files.ts';
import type { FullScale } from './full-scale.ts';
import type { ImageHeader } from './image-header.ts';
import { isUnnamed } from './image-memory.ts';
import { readValues } from './raw-values.ts';

/**
 * Writes an image anew as PNG: upright if `turn`, 8 bits, RGB in sRGB, one page, without EXIF. The same file gives the
 * same bytes.
 * @param fullScale null for 8 bits
 * @throws Error where it does not decode; UserError where the disk is full or not writable
 */
export async function rewriteImage(
  { file, header }: { file: string; header: ImageHeader },
  target: string,
  { turn, fullScale }: { turn: boolean; fullScale: FullScale | null },
): Promise<void> {
  const opened = sharp(file, { failOn: 'error' });
  const source = turn ? opened.autoOrient() : opened;
  const rgb =
    fullScale === null && !isUnnamed(header)
      ? source.removeAlpha().toColourspace('srgb')
      : await firstChannels(source, header, fullScale);
  const png = await rgb.png().toBuffer();
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, png);
  } catch (error) {
    throw explainDiskError(error, target);
  }
}

/** Red, green and blue are the first three channels; of one or two (grey and alpha) the first is all three. */
async function firstChannels(
  source: Sharp,
  header: ImageHeader,
  fullScale: FullScale | null,
): Promise<Sharp> {
  const { values, channels, width, height } = await readValues(source, header, fullScale !== null);
  const places = channelPlaces(header, fullScale !== null);
  const factor = fullScale === null ? 1 : 255 / fullScale.value;
  // Clamped also maps what is not a number to 0 and rounds.
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = values[i * channels + places[c]!]! * factor;
  }
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

function channelPlaces({ channels }: ImageHeader, isDeep: boolean): readonly [number, number, number] {
  if (channels <= 2) return [0, 0, 0];
  // sharp takes the first of several unnamed channels for grey, and makes three of it.
  return isDeep ? [0, 1, 2] : [0, 3, 4];
}
