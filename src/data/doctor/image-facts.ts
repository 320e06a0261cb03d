import sharp from 'sharp';
import { sha256File } from '../../system/files.ts';
import { HASH_SIDE, perceptualHash } from './perceptual-hash.ts';
import type { ImageFacts } from './source-image.ts';

/** ITU-R BT.601, as Pillow turns RGB to grey. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * Decodes an image to its last byte and says what it looks like.
 * @param file as it is to be stored: 8 bits, RGB, upright
 * @param original the same as it came
 * @throws Error where it does not decode
 */
export async function imageFacts(file: string, original: string): Promise<ImageFacts> {
  const luma = await smallLuma(file);
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
  return {
    sha256: await sha256File(original),
    perceptualHash: perceptualHash(luma),
    brightness: round(mean / 255),
  };
}

/** @returns [32, 32], 0-255; each pixel the mean of its part of the image, so that their mean is the image's */
async function smallLuma(file: string): Promise<Float64Array> {
  // Harmless oddities that libjpeg warns of are let through; a truncated or broken image is not.
  const { data, info } = await sharp(file, { failOn: 'error' })
    .removeAlpha()
    .toColourspace('srgb')
    .resize(HASH_SIDE, HASH_SIDE, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Float64Array.from({ length: HASH_SIDE * HASH_SIDE }, (_, i) => {
    const at = i * info.channels;
    return LUMA[0] * data[at]! + LUMA[1] * data[at + 1]! + LUMA[2] * data[at + 2]!;
  });
}

/** Four digits: what follows may differ between processors. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
