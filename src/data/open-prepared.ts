import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../system/errors.ts';
import { outlineOf } from './doctor/building-outline.ts';
import { FINDING_KINDS, type FindingKind } from './findings.ts';
import type { Manifest, PreparedDataset } from './manifest.ts';
import type { Building, PreparedImage, Split } from './prepared.ts';
import { closeStored } from './read-stored.ts';
import { hashOfFiles } from './write-prepared.ts';

const count = z.int().nonnegative();
const kindCounts = z.partialRecord(z.enum(Object.keys(FINDING_KINDS) as [FindingKind]), count);
const findingCounts = z.object({ dropped: kindCounts, repaired: kindCounts, none: kindCounts });
const splitSummary = z.object({
  images: count,
  buildings: count,
  crowds: count,
  origins: z.record(z.string(), count),
  findings: findingCounts,
});
const manifestSchema: z.ZodType<Manifest> = z.object({
  version: z.literal(2),
  source: z.string(),
  hash: z.string(),
  splits: z.object({ train: splitSummary, valid: splitSummary, test: splitSummary }),
  findings: findingCounts,
  divisions: z.record(
    z.string(),
    z.object({
      by: z.enum(['scene', 'tiles', 'folder', 'image']),
      groups: count,
      near: count.nullable(),
    }),
  ),
  files: z.record(z.string(), z.object({ size: count, sha256: z.string() })),
});
const cocoImage = z.object({
  id: z.int(),
  file_name: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  origin: z.string(),
  shard: z.string(),
  offset: count,
  length: z.int().positive(),
});
type CocoImage = z.infer<typeof cocoImage>;
const cocoSchema = z.object({
  images: z.array(cocoImage),
  annotations: z.array(
    z.object({
      id: z.int(),
      image_id: z.int(),
      iscrowd: z.union([z.literal(0), z.literal(1)]),
      segmentation: z.array(z.array(z.number()).min(6)).min(1),
    }),
  ),
});

/**
 * Opens what data-prep wrote. The annotation files are checked against the manifest's hashes; shards only for being
 * there with their size, because hashing them all would hold up every start.
 * @throws UserError where there is no prepared data set, or it was changed by hand or is incomplete
 */
export async function openPrepared(folder: string): Promise<PreparedDataset> {
  const manifest = await readManifest(folder);
  // This process may have read what was in the folder before.
  await closeStored();
  await assertShardsWhole(folder, manifest);
  const [train, valid, test] = await Promise.all([
    openSplit(folder, 'train', manifest),
    openSplit(folder, 'valid', manifest),
    openSplit(folder, 'test', manifest),
  ]);
  return { manifest, splits: { train, valid, test } };
}

const REPAIR = 'run `aerial data-prep` again';

/** @throws UserError where there is none, or it was changed by hand */
export async function readManifest(folder: string): Promise<Manifest> {
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
  if (createHash('sha256').update(text).digest('hex') !== manifest.files[`${split}.json`]?.sha256) {
    throw new UserError(
      `${path} is not what data-prep wrote (its sha256 differs from the manifest's): ${REPAIR}`,
    );
  }
  const coco = cocoSchema.safeParse(parseJson(text));
  if (!coco.success || !coco.data.images.every((image) => liesInShard(image, manifest))) {
    throw new UserError(`${path} is no index of this version of aerial: ${REPAIR}`);
  }
  return toImages(folder, coco.data);
}

/** Also keeps a foreign index from leading to other files. */
function liesInShard({ shard, offset, length }: CocoImage, { files }: Manifest): boolean {
  return Object.hasOwn(files, shard) && offset + length <= files[shard]!.size;
}

function toImages(folder: string, coco: z.infer<typeof cocoSchema>): PreparedImage[] {
  const buildings = new Map<number, Building[]>(coco.images.map(({ id }) => [id, []]));
  const crowds = new Map<number, number[][][]>(coco.images.map(({ id }) => [id, []]));
  for (const { id, image_id: imageId, iscrowd, segmentation } of coco.annotations) {
    if (iscrowd === 1) crowds.get(imageId)?.push(segmentation);
    else buildings.get(imageId)?.push({ id, ...outlineOf(segmentation) });
  }
  return coco.images.map(({ id, file_name: name, width, height, origin, shard, offset, length }) => ({
    id,
    name,
    bytes: { shard: resolve(folder, shard), offset, length },
    width,
    height,
    origin,
    buildings: buildings.get(id)!,
    crowds: crowds.get(id)!,
  }));
}

/** @throws UserError where one is missing or has another size */
async function assertShardsWhole(folder: string, { files }: Manifest): Promise<void> {
  for (const [name, { size }] of Object.entries(files)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (!found) throw new UserError(`${path} is missing: ${REPAIR}`);
    if (found.size !== size) {
      throw new UserError(`${path} has ${found.size} bytes, expected ${size}: ${REPAIR}`);
    }
  }
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
