import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../system/errors.ts';
import type { Building, Manifest, PreparedDataset, PreparedImage, Split } from './prepared.ts';
import { outlineOf } from './sources/building-outline.ts';
import { hashOfFiles } from './write-prepared.ts';

const splitSummary = z.object({
  images: z.int().nonnegative(),
  buildings: z.int().nonnegative(),
  dropped: z.record(z.string(), z.int()),
});
const manifestSchema = z.object({
  version: z.literal(1),
  source: z.string(),
  hash: z.string(),
  splits: z.object({ train: splitSummary, valid: splitSummary, test: splitSummary }),
  files: z.record(z.string(), z.string()),
});
const cocoSchema = z.object({
  images: z.array(
    z.object({
      id: z.int(),
      file_name: z.string(),
      width: z.int().positive(),
      height: z.int().positive(),
      origin: z.string(),
    }),
  ),
  annotations: z.array(
    z.object({ id: z.int(), image_id: z.int(), segmentation: z.array(z.array(z.number()).min(6)).min(1) }),
  ),
});

/**
 * Opens what data-prep wrote. The annotation files are checked against the manifest's hashes; images only for being
 * there, because hashing them all would hold up every start.
 * @throws UserError where there is no prepared data set, or it was changed by hand or is incomplete
 */
export async function openPrepared(folder: string): Promise<PreparedDataset> {
  const manifest = await readManifest(folder);
  const [train, valid, test] = await Promise.all([
    openSplit(folder, 'train', manifest),
    openSplit(folder, 'valid', manifest),
    openSplit(folder, 'test', manifest),
  ]);
  return { manifest, splits: { train, valid, test } };
}

const REPAIR = 'run `aerial data-prep` again';

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, 'manifest.json');
  const text = await readText(
    path,
    `No prepared data set in ${folder} (paths.prepared): run \`aerial data-prep\` first`,
  );
  const result = manifestSchema.safeParse(parseJson(text));
  if (!result.success || result.data.hash !== hashOfFiles(result.data.files)) {
    throw new UserError(`${path} is not a manifest of this version of aerial, or was changed: ${REPAIR}`);
  }
  return result.data;
}

async function openSplit(folder: string, split: Split, manifest: Manifest): Promise<PreparedImage[]> {
  const path = join(folder, `${split}.json`);
  const text = await readText(path, `${path} is missing: ${REPAIR}`);
  if (createHash('sha256').update(text).digest('hex') !== manifest.files[`${split}.json`]) {
    throw new UserError(
      `${path} is not what data-prep wrote (its sha256 differs from the manifest's): ${REPAIR}`,
    );
  }
  const coco = cocoSchema.parse(parseJson(text));
  const imagesFolder = resolve(folder, 'images', split);
  const present = new Set(await readdir(imagesFolder).catch(() => []));
  const missing = coco.images.find((image) => !present.has(image.file_name));
  if (missing) throw new UserError(`${join(imagesFolder, missing.file_name)} is missing: ${REPAIR}`);

  const buildings = new Map<number, Building[]>(coco.images.map(({ id }) => [id, []]));
  for (const { id, image_id: imageId, segmentation } of coco.annotations) {
    buildings.get(imageId)?.push({ id, ...outlineOf(segmentation) });
  }
  return coco.images.map(({ id, file_name: name, width, height, origin }) => ({
    id,
    path: join(imagesFolder, name),
    width,
    height,
    origin,
    buildings: buildings.get(id)!,
  }));
}

async function readText(path: string, ifMissing: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new UserError(ifMissing, { cause: error });
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
