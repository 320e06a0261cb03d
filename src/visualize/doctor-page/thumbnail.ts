import sharp, { type OutputInfo } from 'sharp';
import type { View } from './view.ts';

/** A part of an image as a small JPEG, and where it lies in the image. */
export interface Thumbnail {
  /** `data:image/jpeg;base64,…` */
  uri: string;
  /** In pixels of the image. */
  view: View;
}

/** Pixels. */
const LONGEST_SIDE = 360;
/** Bytes: noise needs the lowest quality, photographs the highest. */
const MOST_BYTES = 24 * 1024;
const QUALITIES = [80, 55, 30, 12];

/**
 * @param file an image, of which only a part may be readable
 * @param options.upright false = as the pixels lie in the file, whatever its EXIF says
 * @returns null where nothing can be read, or the image has nothing within the view
 */
export async function thumbnail(
  file: string,
  view: View,
  { upright }: { upright: boolean },
): Promise<Thumbnail | null> {
  try {
    // A broken file is shown as far as it goes.
    const image = sharp(file, { failOn: 'none', autoOrient: upright });
    const { width, height, autoOrient } = await image.metadata();
    const part = wholePixels(view, upright ? autoOrient : { width, height });
    if (part.width <= 0 || part.height <= 0) return null;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(part.width, part.height));
    const side = (pixels: number) => Math.max(1, Math.round(pixels * scale));
    const { data, info } = await image
      .removeAlpha()
      .toColourspace('srgb')
      .extract({ left: part.x, top: part.y, width: part.width, height: part.height })
      .resize(side(part.width), side(part.height), { fit: 'fill' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const jpeg = await smallJpeg(data, info);
    return { uri: `data:image/jpeg;base64,${jpeg.toString('base64')}`, view: part };
  } catch {
    return null;
  }
}

function wholePixels(view: View, size: { width: number; height: number }): View {
  const x = Math.max(0, Math.floor(view.x));
  const y = Math.max(0, Math.floor(view.y));
  const right = Math.min(size.width, Math.ceil(view.x + view.width));
  const bottom = Math.min(size.height, Math.ceil(view.y + view.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** The best that is small enough; the worst where none is. */
async function smallJpeg(pixels: Buffer, { width, height, channels }: OutputInfo): Promise<Buffer> {
  let jpeg = Buffer.alloc(0);
  for (const quality of QUALITIES) {
    jpeg = await sharp(pixels, { raw: { width, height, channels } }).jpeg({ quality }).toBuffer();
    if (jpeg.length <= MOST_BYTES) break;
  }
  return jpeg;
}
