import { access, constants } from 'node:fs/promises';
import sharp, { type Metadata } from 'sharp';
import { UserError } from '../../system/errors.ts';
import { type Fault, imageFault } from './fault.ts';
import { bytesAtOnce, MOST_BYTES } from './image-memory.ts';

/** What is used of it: the rest (EXIF, colour profiles) is large, and there may be 100,000 images. */
export type ImageHeader = Pick<
  Metadata,
  | 'format'
  | 'width'
  | 'height'
  | 'autoOrient'
  | 'orientation'
  | 'space'
  | 'channels'
  | 'hasAlpha'
  | 'depth'
  | 'pages'
  | 'isProgressive'
>;

/** The formats that the prepared data set may hold. */
const FORMATS: ReadonlySet<string | undefined> = new Set(['jpeg', 'png', 'webp', 'tiff']);

/** sharp's own limit, which training and inference keep: a guard against images that unpack to whatever size. */
const MOST_PIXELS = 0x3fff ** 2;

/** Progressive JPEG and interlaced PNG have to be held as a whole: 0.4 GB at this size. */
const MOST_PROGRESSIVE_PIXELS = 50e6;

/**
 * @returns what the file says about itself, without decoding it; or why the image is lost
 * @throws UserError where it may not be read
 */
export async function readHeader(file: string | null): Promise<ImageHeader | Fault> {
  if (file === null || !(await isThere(file)))
    return imageFault('image_missing', 'there is no file', 'dropped');
  let header: Metadata;
  try {
    header = await sharp(file, { limitInputPixels: false }).metadata();
  } catch {
    return imageFault('image_undecodable', 'it is no image, or its beginning is damaged', 'dropped');
  }
  const { format, width, height, isProgressive } = header;
  if (!FORMATS.has(format)) {
    return imageFault('image_undecodable', `it is ${format}, not JPEG, PNG, WebP or TIFF`, 'dropped');
  }
  if (width * height > MOST_PIXELS) {
    const most = Math.floor(MOST_PIXELS / 1e6);
    return imageFault('image_too_large', `${width} x ${height} pixels, more than ${most} million`, 'dropped');
  }
  if (isProgressive && width * height > MOST_PROGRESSIVE_PIXELS) {
    const detail = `${width} x ${height} pixels, interlaced or progressive, more than ${MOST_PROGRESSIVE_PIXELS / 1e6} million`;
    return imageFault('image_too_large', detail, 'dropped');
  }
  const bytes = bytesAtOnce(header);
  if (bytes > MOST_BYTES) {
    const detail = `${width} x ${height} pixels, ${header.channels} channels of ${header.depth}, would take ${Math.ceil(bytes / 1e6)} MB of memory at once, more than ${MOST_BYTES / 1e6}`;
    return imageFault('image_too_large', detail, 'dropped');
  }
  const { autoOrient, orientation, space, channels, hasAlpha, depth, pages } = header;
  const colours = { space, channels, hasAlpha, depth };
  return { format, width, height, autoOrient, orientation, ...colours, pages, isProgressive };
}

export function isLost(value: object): value is Fault {
  return 'kind' in value;
}

/**
 * For a file whose header can be read and whose pixels cannot. What sharp says of it is not told: libvips keeps one text
 * for all threads, so that it may be about another file, and differs from run to run.
 */
export function undecodable({ format }: ImageHeader): Fault {
  return imageFault('image_undecodable', `a ${format} that is damaged or cut off`, 'dropped');
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file, constants.R_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new UserError(`Cannot read ${file}: permission denied: make it readable for this user`, {
      cause: error,
    });
  }
}
