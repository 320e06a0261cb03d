import { availableParallelism } from 'node:os';
import sharp, { type Metadata } from 'sharp';
import { UserError } from '../../system/errors.ts';
import { concurrentMap } from '../concurrent-map.ts';
import { countDropped, type DropReason, sumDropped } from './dropped.ts';
import type { SourceImage, SourceSplit } from './read-folder.ts';

/**
 * Decodes every image once, whole, so that training cannot stumble over one in its tenth hour.
 * An image whose size is not what its annotations say, or that is to be turned by EXIF (so that nobody knows to which
 * pixels its outlines belong), is dropped and counted.
 * @throws UserError naming the first file that does not decode or has too many pixels
 */
export async function checkImages(split: SourceSplit, label: string): Promise<SourceSplit> {
  const reasons = await concurrentMap(split.images, availableParallelism(), (image) =>
    checkImage(image, label),
  );
  const dropped = sumDropped(split.dropped);
  for (const [i, reason] of reasons.entries()) {
    if (reason === undefined) continue;
    countDropped(dropped, reason);
    countDropped(dropped, 'building: of a dropped image', split.images[i]!.buildings.length);
  }
  return { images: split.images.filter((_image, i) => reasons[i] === undefined), dropped };
}

/** EXIF orientation of an image that is stored upright; absent means the same. */
const UPRIGHT = 1;

async function checkImage(image: SourceImage, label: string): Promise<DropReason | undefined> {
  let metadata: Metadata;
  try {
    metadata = await sharp(image.file, { limitInputPixels: false }).metadata();
    assertDecodable(image, metadata, label);
    // Harmless oddities that libjpeg warns of are let through; a truncated or broken image is not.
    await sharp(image.file, { failOn: 'error' }).raw().toBuffer();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `Image ${image.name} of ${label} does not decode (${firstLine(error)}): put a sound copy in its place, or remove it and its entry in the annotations`,
      { cause: error },
    );
  }
  if ((metadata.orientation ?? UPRIGHT) !== UPRIGHT) return 'image: rotated by EXIF';
  if (metadata.width !== image.width || metadata.height !== image.height) {
    return 'image: size differs from the annotations';
  }
  return undefined;
}

/** sharp's own limit, which training and inference keep: a guard against images that unpack to whatever size. */
const MOST_PIXELS = 0x3fff ** 2;

function assertDecodable({ name }: SourceImage, { width, height }: Metadata, label: string): void {
  if (width * height <= MOST_PIXELS) return;
  throw new UserError(
    `Image ${name} of ${label} has ${width} x ${height} pixels, and at most ${Math.floor(MOST_PIXELS / 1e6)} million can be read: cut it into smaller tiles, each with its own entry and outlines in the annotations`,
  );
}

function firstLine(error: unknown): string {
  return String((error as Error).message)
    .split('\n', 1)[0]!
    .trim();
}
