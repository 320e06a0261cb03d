import sharp, { type OutputInfo } from 'sharp';

/** Pixels. */
const LONGEST_SIDE = 512;
/** Bytes: what does not fit is tried with the next of these; only noise gets to the last one. */
const MOST_BYTES = 60 * 1024;
const ATTEMPTS = [
  { side: LONGEST_SIDE, quality: 72 },
  { side: LONGEST_SIDE, quality: 45 },
  { side: LONGEST_SIDE / 2, quality: 45 },
] as const;
/** Of WebP's 0-6: half the time of the default 4, and 5 % more bytes. */
const EFFORT = 2;

/**
 * @param read brings an encoded image
 * @returns it as a small WebP, `data:image/webp;base64,…`; null where it cannot be read
 */
export async function pictureUri(read: () => Promise<Buffer>): Promise<string | null> {
  try {
    // A broken file is shown as far as it goes.
    const { data, info } = await sharp(await read(), { failOn: 'none' })
      .removeAlpha()
      .toColourspace('srgb')
      .resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return `data:image/webp;base64,${(await smallWebp(data, info)).toString('base64')}`;
  } catch {
    return null;
  }
}

async function smallWebp(pixels: Buffer, { width, height, channels }: OutputInfo): Promise<Buffer> {
  let webp = Buffer.alloc(0);
  for (const { side, quality } of ATTEMPTS) {
    webp = await sharp(pixels, { raw: { width, height, channels } })
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality, effort: EFFORT })
      .toBuffer();
    if (webp.length <= MOST_BYTES) break;
  }
  return webp;
}
