import sharp from 'sharp';

/**
 * Compresses a picture as JPEG (4:2:0) and decodes it again, with what that does to it.
 * @param pixels [size, size, 3] RGB
 * @param quality 1–100, libjpeg's
 */
export async function recompress(pixels: Uint8Array, size: number, quality: number): Promise<Uint8Array> {
  const jpeg = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    // Optimised codes would make a smaller file with the same pixels, in twice the time.
    .jpeg({ quality, optimiseCoding: false })
    .toBuffer();
  return sharp(jpeg).raw().toBuffer();
}
