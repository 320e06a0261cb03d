/**
 * What has to be done to an image so that nobody can misread it: upright, 8 bits, three channels, one page.
 */
import type { FindingKind } from '../findings.ts';
import type { Frame } from './building-outline.ts';
import { type Fault, imageFault } from './fault.ts';
import type { FullScale } from './full-scale.ts';
import type { ImageHeader } from './image-header.ts';

export interface ImageForm extends Frame {
  /** As EXIF says; false: its pixels stay as they lie, and a tag goes. */
  turn: boolean;
  /** Why it is written anew; none: it stays byte for byte. */
  faults: Fault[];
}

/**
 * @param size what the annotations say; null where they say nothing
 * @param fullScale for images of more than 8 bits
 * @returns the fault where no form fits the annotations
 */
export function formOf(
  header: ImageHeader,
  size: Frame | null,
  fullScale: FullScale | null,
): ImageForm | Fault {
  const stored = { width: header.width, height: header.height };
  const upright = { width: header.autoOrient.width, height: header.autoOrient.height };
  const orientation = header.orientation ?? 1;
  const faults: Fault[] = [];
  const say = (kind: FindingKind, detail: string) => faults.push(imageFault(kind, detail, 'repaired'));
  const isUpright = size === null || isSame(size, upright);
  if (!isUpright && !isSame(size, stored)) return wrongSize(size, upright);
  if (orientation !== 1)
    say('image_rotated', `EXIF orientation ${orientation}: ${turning(size, stored, upright)}`);
  if (fullScale !== null) say('image_depth', `${depthName(header.depth)}, ${fullScale.detail}`);
  const channels = channelsFault(header);
  if (channels !== null) say('image_channels', channels);
  if ((header.pages ?? 1) > 1) say('image_pages', `${header.pages} pages, of which the first is kept`);
  return { ...(isUpright ? upright : stored), turn: isUpright, faults };
}

function wrongSize(size: Frame, actual: Frame): Fault {
  const hint =
    size.width * actual.height === size.height * actual.width ? ': it was scaled after it was annotated' : '';
  const detail = `${actual.width} x ${actual.height} pixels, its annotations say ${size.width} x ${size.height}${hint}`;
  return imageFault('image_size', detail, 'dropped');
}

/** To which pixels the outlines belong. Labelling tools show images upright, so that is right where nothing tells. */
function turning(size: Frame | null, stored: Frame, upright: Frame): string {
  if (size === null)
    return 'its annotations name no size, so its outlines are taken to be of the upright image';
  if (isSame(stored, upright))
    return 'both ways have one size, so its outlines are taken to be of the upright image';
  return isSame(size, upright)
    ? 'its outlines are of the upright image, by their size'
    : 'its outlines are of the image as stored, by their size: the tag is taken away';
}

function isSame(a: Frame, b: Frame): boolean {
  return a.width === b.width && a.height === b.height;
}

const DEPTHS: Readonly<Record<string, string>> = {
  ushort: '16 bits a channel',
  short: '16 bits a channel with sign',
  uint: '32 bits a channel',
  int: '32 bits a channel with sign',
  float: 'floating point',
  double: 'floating point of 64 bits',
};

function depthName(depth: string): string {
  return DEPTHS[depth] ?? depth;
}

/** What sharp calls red, green and blue. */
const RGB: ReadonlySet<string | undefined> = new Set(['srgb', 'rgb', 'rgb16', 'scrgb']);

/** @returns null for red, green and blue */
function channelsFault({ space, channels, hasAlpha }: ImageHeader): string | null {
  if (space === 'cmyk') return 'CMYK';
  const isGrey = space === 'b-w' || space === 'grey16';
  if (isGrey && channels <= 2) return hasAlpha ? 'grey and alpha' : 'grey';
  if (channels > 4 || (isGrey && channels > 3))
    return `${channels} channels, of which the first three are kept`;
  if (isGrey) return 'three channels that are not said to be red, green and blue';
  if (!RGB.has(space)) return `the colours of ${space}`;
  if (channels === 4) return 'a fourth channel (alpha or infrared)';
  return null;
}
