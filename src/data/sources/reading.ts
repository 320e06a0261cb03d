/** What is known while a folder is read; each dialect's reader adds to it. */
import { basename, join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import type { Finding, FindingKind } from '../findings.ts';
import type { SourceSample } from './source-sample.ts';
import { splitOfFolders } from './split-name.ts';

/** A folder with annotated images, and how to speak of it. */
export interface SourceFolder {
  folder: string;
  /** For messages: the zip that it came from, or the folder as the user wrote it. */
  label: string;
  /** `origin` of its samples. */
  origin: string;
  /** The image files are ours: they may be moved instead of copied. */
  temporary: boolean;
  /** All of it is of one split, whatever its annotations say of splits. */
  isOneSplit?: boolean;
  /** For images that lie embedded in annotations; it is made when there are any. */
  workFolder: string;
  /** Stops the reading between two files. */
  signal?: AbortSignal | undefined;
}

export interface Reading {
  source: SourceFolder;
  /** Image files that are there: paths below the folder, with "/". */
  images: ReadonlySet<string>;
  /** Those of them that annotations have named. */
  listed: Set<string>;
  /** Files of images that lay embedded in annotations; they are in a folder that is made for the first one. */
  unpacked: string[];
  unpackFolder?: Promise<string>;
  findings: Finding[];
}

export function createReading(source: SourceFolder, images: Iterable<string>): Reading {
  return { source, images: new Set(images), listed: new Set(), unpacked: [], findings: [] };
}

/** More of them say that the whole data set is of another kind, and would fill the memory. */
const MOST_FINDINGS = 1_000_000;

type FaultPlace = Pick<Finding, 'image' | 'split'> & Partial<Pick<Finding, 'entry' | 'treatment'>>;

/** Notes a fault. Without more words in `place`, it is about an image as a whole, which is left out. */
export function report(reading: Reading, kind: FindingKind, detail: string, place: FaultPlace): void {
  const { label, origin } = reading.source;
  if (reading.findings.length >= MOST_FINDINGS) {
    throw new UserError(
      `${label} has more than ${MOST_FINDINGS} faults, the last one in ${printable(place.image ?? 'a file')} (${detail}): its annotations seem to be of another kind`,
    );
  }
  const { image, split, entry = null, treatment = 'dropped' } = place;
  reading.findings.push({ kind, split, origin, image, entry, detail, treatment });
}

/** What a reader has found out about one image. */
interface Described extends Pick<SourceSample, 'name' | 'size' | 'split' | 'annotations'> {
  /** Path below the folder, one of `reading.images`; null = the file is not there. */
  place: string | null;
  /** Where in the annotations the image stands, for messages. */
  entry: string;
}

/** @returns the sample, or undefined where the image was listed before, which is noted */
export function toSample(reading: Reading, described: Described): SourceSample | undefined {
  const { place, entry, ...rest } = described;
  const { folder, origin, temporary } = reading.source;
  if (place !== null && reading.listed.has(place)) {
    const { name: image, split, annotations } = rest;
    const lost = annotations.length === 1 ? 'its annotation is' : `its ${annotations.length} annotations are`;
    report(reading, 'image_listed_twice', `again by ${entry}; ${lost} left out`, { image, split, entry });
    return undefined;
  }
  if (place !== null) reading.listed.add(place);
  return { file: place === null ? null : join(folder, place), origin, temporary, ...rest };
}

/** Notes the image files that no annotation names. */
export function reportUnlisted(reading: Reading): void {
  for (const image of reading.images) {
    if (reading.listed.has(image)) continue;
    const detail = `${printable(basename(image))} is in no annotation`;
    report(reading, 'image_unlisted', detail, { image, split: splitOfFolders(image) });
  }
}

/** Pixels; no format has longer sides. */
const LONGEST_SIDE = 2 ** 31 - 1;

/** @returns the size where both are whole numbers of pixels > 0, else null */
export function sizeOf(width: unknown, height: unknown): SourceSample['size'] {
  return isSide(width) && isSide(height) ? { width, height } : null;
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= LONGEST_SIDE;
}
