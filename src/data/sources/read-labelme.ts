import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { extname, join, posix } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import { imagePlace } from './image-place.ts';
import { readShapes } from './labelme-shapes.ts';
import { type Reading, report, sizeOf, toSample } from './reading.ts';
import type { SourceSample } from './source-sample.ts';
import { splitOfFolders } from './split-name.ts';

const labelmeSchema = z.object({
  shapes: z.array(z.unknown()),
  imagePath: z.string().nullish(),
  /** The image file itself in base64, where it was saved along. */
  imageData: z.string().nullish(),
  imageWidth: z.unknown().optional(),
  imageHeight: z.unknown().optional(),
});

type LabelmeFile = z.infer<typeof labelmeSchema>;

/** Whether parsed JSON looks like Labelme's. */
export function isLabelme(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'shapes' in value && !('images' in value);
}

/** What is found out about the labels of a data set's files together. */
export interface Labels {
  /** Of shapes that are no buildings. */
  others: Set<string>;
  hasBuildings: boolean;
}

/**
 * The image of a Labelme file with its buildings: https://github.com/wkentaro/labelme.
 * The image lies where `imagePath` says, or is called as the file is; else it is taken out of `imageData`.
 * @param path of the file below the source's folder
 * @param value its parsed JSON
 * @param labels is added to
 * @returns undefined where another file had the same image before, which is noted
 * @throws UserError where it is not Labelme's JSON
 */
export async function readLabelme(
  reading: Reading,
  path: string,
  value: unknown,
  labels: Labels,
): Promise<SourceSample | undefined> {
  const file = parseLabelme(value, `${printable(path)} of ${reading.source.label}`);
  const place = findImage(reading, path, file);
  const embedded = place === null && file.imageData ? await unpackImage(reading, path, file.imageData) : null;
  const name = place ?? embedded?.name ?? (file.imagePath || path);
  const split = splitOfFolders(name) ?? splitOfFolders(path);
  const size = sizeOf(file.imageWidth, file.imageHeight);
  const shapes = await readShapes(file.shapes, size);
  for (const { kind, label, ...fault } of shapes.faults) {
    if (kind === 'annotation_other') labels.others.add(label);
    report(reading, kind, fault.detail, { image: name, split, ...fault });
  }
  labels.hasBuildings ||= shapes.hasBuildings;
  const sample = toSample(reading, {
    place,
    name,
    split,
    size,
    annotations: shapes.annotations,
    entry: path,
  });
  if (sample === undefined || embedded === null) return sample;
  return { ...sample, file: embedded.file, temporary: true };
}

function parseLabelme(value: unknown, label: string): LabelmeFile {
  const result = labelmeSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new UserError(
    `${label} is not Labelme JSON: ${issue.path.map(String).join('.') || 'the file'}: ${issue.message}; save it again in Labelme, or take it away`,
  );
}

function findImage(reading: Reading, path: string, { imagePath }: LabelmeFile): string | null {
  const folder = posix.dirname(path);
  const folders = [folder, posix.join(folder, 'images'), posix.join(folder, '../images')];
  const named = imagePath ? imagePlace(imagePath, [folder], reading.images) : null;
  if (named !== null) return named;
  const names = imagePath ? [posix.basename(imagePath.replaceAll('\\', '/'))] : [];
  names.push(...sameStem(path));
  for (const name of names) {
    const place = imagePlace(name, folders, reading.images);
    if (place !== null) return place;
  }
  return null;
}

function sameStem(path: string): string[] {
  const stem = posix.basename(path, extname(path));
  const extensions = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff'];
  return extensions.flatMap((extension) => [stem + extension, stem + extension.toUpperCase()]);
}

/** Writes the embedded image into the work folder, under a name of ours. @returns null where it is no image */
async function unpackImage(
  reading: Reading,
  path: string,
  imageData: string,
): Promise<{ file: string; name: string } | null> {
  const bytes = Buffer.from(imageData, 'base64');
  const extension = imageExtension(bytes);
  if (extension === null) return null;
  reading.unpackFolder ??= makeWorkFolder(reading.source.workFolder);
  const file = join(await reading.unpackFolder, `${reading.unpacked.length}.${extension}`);
  reading.unpacked.push(file);
  await writeFile(file, bytes, { flag: 'wx' });
  return { file, name: path.replace(/\.json$/i, `.${extension}`) };
}

/** A new one: several sources may share a work folder. */
async function makeWorkFolder(around: string): Promise<string> {
  await mkdir(around, { recursive: true });
  return mkdtemp(join(around, 'embedded-'));
}

/** How a file of each format begins. */
const BEGINNINGS: Readonly<Record<string, RegExp>> = {
  jpg: /^\xff\xd8\xff/,
  png: /^\x89PNG/,
  webp: /^RIFF.{4}WEBP/s,
  tif: /^(?:II\*\0|MM\0\*)/,
};

function imageExtension(bytes: Buffer): string | null {
  const beginning = bytes.toString('latin1', 0, 12);
  return Object.keys(BEGINNINGS).find((extension) => BEGINNINGS[extension]!.test(beginning)) ?? null;
}
