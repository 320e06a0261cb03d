import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Log } from '../system/log.ts';
import { countFindings } from './count-findings.ts';
import { createCountProgress } from './count-progress.ts';
import { type Outline, outlineOf } from './doctor/building-outline.ts';
import type { SourceImage } from './doctor/source-image.ts';
import type { Finding } from './findings.ts';
import type { Manifest, SplitSummary, StoredFile } from './manifest.ts';
import { SPLITS, type Split } from './prepared.ts';
import { createShardWriter, type Place } from './tar-shards.ts';

/** The one category of the prepared data set; 1, because COCO's own tools take 0 for "nothing". */
const BUILDING_CATEGORY = { id: 1, name: 'building' } as const;

/** What is to be stored. */
export interface PreparedContent extends Pick<Manifest, 'source' | 'divisions'> {
  /** Each with its split. */
  images: readonly SourceImage[];
  findings: readonly Finding[];
}

/**
 * Writes the prepared data set into an empty folder. The same content gives the same bytes, wherever and whenever:
 * images in the order given, ids from 1, no times, no paths of this machine. Temporary image files are removed as they
 * are packed, so that the disk need not hold them twice.
 * @throws the signal's reason when it is aborted
 */
export async function writePrepared(
  folder: string,
  content: PreparedContent,
  { log, signal }: { log: Log; signal?: AbortSignal | undefined },
): Promise<Manifest> {
  const files: Record<string, StoredFile> = {};
  const progress = createCountProgress('Packing', content.images.length, log);
  const onImage = () => {
    signal?.throwIfAborted();
    progress.add();
  };
  try {
    for (const split of SPLITS) {
      const images = content.images.filter((image) => image.split === split);
      Object.assign(files, await writeSplit(folder, split, images, onImage));
    }
  } finally {
    progress.stop();
  }
  const summary = (split: Split) => summarize(content, split);
  const manifest: Manifest = {
    version: 2,
    source: content.source,
    hash: hashOfFiles(files),
    splits: { train: summary('train'), valid: summary('valid'), test: summary('test') },
    findings: countFindings(content.findings, null),
    divisions: content.divisions,
    files: Object.fromEntries(Object.entries(files).sort(byKey)),
  };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`, { flush: true });
  return manifest;
}

/** @returns sha256 over the file hashes in the order of their paths */
export function hashOfFiles(files: Readonly<Record<string, StoredFile>>): string {
  const lines = Object.entries(files)
    .sort(byKey)
    .map(([path, { sha256 }]) => `${sha256}  ${path}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/**
 * The names, changed where an earlier one is the same but for upper and lower case (which some disks do not tell
 * apart): `a.jpg`, `A.jpg` become `a.jpg`, `A-2.jpg`.
 */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const lastCount = new Map<string, number>();
  return names.map((name) => {
    const extension = extname(name);
    const stem = name.slice(0, name.length - extension.length);
    const key = name.toLowerCase();
    let unique = name;
    // Counted on from where the same name stopped: thousands of sources call their images 1.jpg.
    let count = lastCount.get(key) ?? 1;
    while (taken.has(unique.toLowerCase())) unique = `${stem}-${++count}${extension}`;
    lastCount.set(key, count);
    taken.add(unique.toLowerCase());
    return unique;
  });
}

/** @param onImage called before each; what it throws ends the writing */
async function writeSplit(
  folder: string,
  split: Split,
  images: readonly SourceImage[],
  onImage: () => void,
): Promise<Record<string, StoredFile>> {
  const names = uniqueNames(images.map((image) => image.name));
  const writer = createShardWriter(folder, `images/${split}`);
  const places: Place[] = [];
  try {
    for (const [i, { file, temporary }] of images.entries()) {
      onImage();
      places.push(await writer.add(names[i]!, await readFile(file)));
      if (temporary) await rm(file);
    }
    const shards = await writer.finish();
    const coco = Buffer.from(`${JSON.stringify(toCoco(images, names, places))}\n`);
    await writeFile(join(folder, `${split}.json`), coco, { flush: true });
    const sha256 = createHash('sha256').update(coco).digest('hex');
    return { ...shards, [`${split}.json`]: { size: coco.length, sha256 } };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** Crowd regions stand behind the buildings of their image, as COCO has them: `iscrowd` 1. */
function toCoco(images: readonly SourceImage[], names: readonly string[], places: readonly Place[]) {
  let annotationId = 0;
  const annotation = (
    imageId: number,
    { polygons, box: [y1, x1, y2, x2], area }: Outline,
    iscrowd: 0 | 1,
  ) => ({
    id: ++annotationId,
    image_id: imageId,
    category_id: BUILDING_CATEGORY.id,
    bbox: [x1, y1, x2 - x1, y2 - y1],
    area,
    iscrowd,
    segmentation: polygons,
  });
  const annotations = images.flatMap(({ buildings, crowds }, i) => [
    ...buildings.map((building) => annotation(i + 1, building, 0)),
    ...crowds.map((rings) => annotation(i + 1, outlineOf(rings), 1)),
  ]);
  return {
    images: images.map(({ width, height, origin }, i) => ({
      id: i + 1,
      file_name: names[i],
      width,
      height,
      origin,
      ...places[i]!,
    })),
    annotations,
    categories: [BUILDING_CATEGORY],
  };
}

function summarize(content: PreparedContent, split: Split): SplitSummary {
  const images = content.images.filter((image) => image.split === split);
  const origins: Record<string, number> = {};
  for (const { origin } of images) origins[origin] = (origins[origin] ?? 0) + 1;
  return {
    images: images.length,
    buildings: images.reduce((sum, { buildings }) => sum + buildings.length, 0),
    crowds: images.reduce((sum, { crowds }) => sum + crowds.length, 0),
    origins,
    findings: countFindings(content.findings, split),
  };
}

/** By code unit, not by locale: the same order on every machine. */
function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
