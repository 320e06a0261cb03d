import { createHash } from 'node:crypto';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { extname, join } from 'node:path';
import { sha256File } from '../system/files.ts';
import { concurrentMap } from './concurrent-map.ts';
import { type Manifest, SPLITS, type Split } from './prepared.ts';
import type { SourceImage, SourceSplit } from './sources/read-folder.ts';

/** The one category of the prepared data set; 1, because COCO's own tools take 0 for "nothing". */
const BUILDING_CATEGORY = { id: 1, name: 'building' } as const;

/**
 * Writes the prepared data set into an empty folder. The same splits give the same bytes, wherever and whenever:
 * images in the order given, ids from 1, no times, no paths of this machine.
 * @param source what the manifest says about where the data came from
 */
export async function writePrepared(
  folder: string,
  splits: Readonly<Record<Split, SourceSplit>>,
  source: string,
): Promise<Manifest> {
  const files: Record<string, string> = {};
  for (const split of SPLITS) {
    const { images } = splits[split];
    const names = uniqueNames(images.map((image) => image.name));
    Object.assign(files, await placeImages(folder, split, images, names));
    const coco = `${JSON.stringify(toCoco(images, names))}\n`;
    await writeFile(join(folder, `${split}.json`), coco);
    files[`${split}.json`] = createHash('sha256').update(coco).digest('hex');
  }
  const manifest: Manifest = {
    version: 1,
    source,
    hash: hashOfFiles(files),
    splits: { train: summary(splits.train), valid: summary(splits.valid), test: summary(splits.test) },
    files: Object.fromEntries(Object.entries(files).sort(byKey)),
  };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  return manifest;
}

/** @returns sha256 over the file hashes in the order of their paths */
export function hashOfFiles(files: Readonly<Record<string, string>>): string {
  const lines = Object.entries(files)
    .sort(byKey)
    .map(([path, hash]) => `${hash}  ${path}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/**
 * The names, changed where an earlier one is the same but for upper and lower case (which some disks do not tell
 * apart): `a.jpg`, `A.jpg` become `a.jpg`, `A-2.jpg`.
 */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const extension = extname(name);
    const stem = name.slice(0, name.length - extension.length);
    let unique = name;
    for (let count = 2; taken.has(unique.toLowerCase()); count++) unique = `${stem}-${count}${extension}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}

async function placeImages(
  folder: string,
  split: Split,
  images: readonly SourceImage[],
  names: readonly string[],
): Promise<Record<string, string>> {
  await mkdir(join(folder, 'images', split), { recursive: true });
  const entries = await concurrentMap(images, availableParallelism(), async (image, i) => {
    const path = `images/${split}/${names[i]}`;
    const place = image.temporary ? rename : copyFile;
    await place(image.file, join(folder, path));
    return [path, await sha256File(join(folder, path))] as const;
  });
  return Object.fromEntries(entries);
}

function toCoco(images: readonly SourceImage[], names: readonly string[]) {
  let annotationId = 0;
  const annotations = images.flatMap((image, i) =>
    image.buildings.map(({ polygons, box: [y1, x1, y2, x2], area }) => ({
      id: ++annotationId,
      image_id: i + 1,
      category_id: BUILDING_CATEGORY.id,
      bbox: [x1, y1, x2 - x1, y2 - y1],
      area,
      iscrowd: 0,
      segmentation: polygons,
    })),
  );
  return {
    images: images.map(({ width, height, origin }, i) => ({
      id: i + 1,
      file_name: names[i],
      width,
      height,
      origin,
    })),
    annotations,
    categories: [BUILDING_CATEGORY],
  };
}

function summary({ images, dropped }: SourceSplit): Manifest['splits'][Split] {
  const buildings = images.reduce((sum, image) => sum + image.buildings.length, 0);
  return {
    images: images.length,
    buildings,
    dropped: Object.fromEntries(Object.entries(dropped).sort(byKey)),
  };
}

/** By code unit, not by locale: the same order on every machine. */
function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
