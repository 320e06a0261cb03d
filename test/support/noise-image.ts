import sharp from 'sharp';
import { createRandom } from '../../src/system/random.ts';

/** A PNG of 32 x 24 pixels; other seeds give images that no doctor takes for each other. */
export async function noiseImage(seed: string): Promise<Buffer> {
  const random = createRandom('noise', seed);
  const pixels = Uint8Array.from({ length: 32 * 24 * 3 }, () => random.int(256));
  return sharp(pixels, { raw: { width: 32, height: 24, channels: 3 } })
    .png()
    .toBuffer();
}
