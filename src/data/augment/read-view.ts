import sharp from 'sharp';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import type { PreparedImage } from '../prepared.ts';
import { readStored } from '../read-stored.ts';
import { enlarge } from './enlarge.ts';
import type { View } from './view.ts';

/**
 * Decodes an image and resamples what the view shows. Where it is shrunk to half or less and nothing is cut out of it,
 * libjpeg decodes it smaller in the first place. Enlarged by bilinear interpolation, shrunk by Lanczos's (libvips).
 * @returns [place.height, place.width, 3] RGB
 * @throws UserError where it cannot be read
 */
export async function readView(image: PreparedImage, { window, place }: View): Promise<Uint8Array> {
  const bytes = await readStored(image.bytes);
  const isPart = window.width < image.width || window.height < image.height;
  const isEnlarged = place.width > window.width || place.height > window.height;
  try {
    const pipeline = sharp(bytes, { failOn: 'error' }).removeAlpha().toColourspace('srgb');
    if (isPart) pipeline.extract(window);
    if (!isEnlarged) pipeline.resize(place.width, place.height, { fit: 'fill' });
    const pixels = await pipeline.raw().toBuffer();
    return isEnlarged ? enlarge(pixels, window, place) : pixels;
  } catch (error) {
    const [why] = (error as Error).message.split('\n', 1);
    throw new UserError(
      `Cannot read ${printable(image.name)} in ${image.bytes.shard}: ${why}; expected an intact image: run \`aerial data-prep\` again`,
      { cause: error },
    );
  }
}
