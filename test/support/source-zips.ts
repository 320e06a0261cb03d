import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { ZipFile } from 'yazl';

/** A COCO annotation of a building, all of it changeable. */
export function building(imageId: number, segmentation: unknown, more: object = {}): object {
  return { image_id: imageId, category_id: 1, iscrowd: 0, segmentation, ...more };
}

/** The four corners of a square, as a COCO polygon. */
export function square(x: number, y: number, side: number): number[] {
  return [x, y, x + side, y, x + side, y + side, x, y + side];
}

export interface TinyCoco {
  images?: object[];
  annotations?: object[];
  categories?: object[];
}

/** A COCO file of one 32 x 24 image, `a.png`, with one building of 10 x 10 pixels; parts can be replaced. */
export function tinyCoco({ images, annotations, categories }: TinyCoco = {}): object {
  return {
    images: images ?? [tinyEntry(1, 'a.png')],
    annotations: annotations ?? [building(1, [square(2, 3, 10)])],
    categories: categories ?? [{ id: 1, name: 'building', supercategory: 'none' }],
  };
}

export function tinyEntry(id: number, fileName: string): object {
  return { id, file_name: fileName, width: 32, height: 24 };
}

/** A plain image of 32 x 24 pixels. */
export async function tinyImage(shade = 100, format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<Buffer> {
  const background = { r: shade, g: 80, b: 60 };
  return sharp({ create: { width: 32, height: 24, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
}

export interface ZipEntry {
  name: string;
  content: Buffer | string;
  /** Unix file mode, e.g. 0o120777 for a symbolic link. */
  mode?: number;
}

export async function zipBytes(entries: readonly ZipEntry[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of packed(entries).outputStream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function writeZip(path: string, entries: readonly ZipEntry[]): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await pipeline(packed(entries).outputStream, createWriteStream(path));
  return path;
}

/** The entries of a small, sound split; `shade` makes its image differ from another's. */
export async function tinySplit(shade: number, coco: object = tinyCoco()): Promise<ZipEntry[]> {
  return [
    { name: 'a.png', content: await tinyImage(shade) },
    { name: '_annotations.coco.json', content: JSON.stringify(coco) },
  ];
}

/** The zips of a small, sound data set in the hub's layout below `folder`. */
export async function writeTinySource(folder: string): Promise<string> {
  await writeZip(join(folder, 'data/train.zip'), await tinySplit(10));
  await writeZip(join(folder, 'data/valid.zip'), await tinySplit(20));
  await writeZip(join(folder, 'data/test.zip'), await tinySplit(30));
  return folder;
}

function packed(entries: readonly ZipEntry[]): ZipFile {
  const zip = new ZipFile();
  for (const { name, content, mode } of entries) {
    zip.addBuffer(Buffer.from(content as Buffer), name, mode === undefined ? {} : { mode });
  }
  zip.end();
  return zip;
}
