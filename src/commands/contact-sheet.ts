import { join } from 'node:path';
import { batchShape, type HostBatch } from '../data/host-batch.ts';
import { createLoader, type Loader } from '../data/loader.ts';
import { openPrepared } from '../data/open-prepared.ts';
import type { PreparedImage, Split } from '../data/prepared.ts';
import { trainingPass } from '../data/training-order.ts';
import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { contactSheetPng, drawSample, type SheetTile } from '../visualize/contact-sheet.ts';
import { printResult, readParams, type StageOptions } from './stage.ts';

/** The flags of `aerial contact-sheet`. */
export interface ContactSheetFlags extends StageOptions {
  /** Path of the PNG; undefined = `contact_sheet.png` in `paths.runs`. */
  output?: string;
  /** Samples on the sheet, at least one. */
  images: number;
  /** Of training, 1 for the first. */
  epoch: number;
  split: Split;
}

/** What the command tells. */
export interface ContactSheet {
  /** Path of the PNG. */
  sheet: string;
  split: Split;
  /** null for splits that every epoch sees alike. */
  epoch: number | null;
  /** Samples on the sheet. */
  images: number;
  /** Images of the split. */
  of: number;
  buildings: number;
  /** Buildings of these batches that found no slot (`data.max_instances`). */
  overflow: number;
}

/** `aerial contact-sheet`: the first samples of an epoch as the network gets them, on one PNG; where it is, on stdout. */
export async function contactSheet(flags: ContactSheetFlags, { log }: { log: Log }): Promise<void> {
  const params = await readParams(flags);
  const loader = createLoader(params.data.workers);
  try {
    const sheet = await writeContactSheet(params, flags, loader);
    if (sheet.images < flags.images) {
      log.warn(`An epoch of ${flags.split} has ${sheet.images} samples, not ${flags.images}`);
    }
    printResult(sheet, flags, formatContactSheet);
  } finally {
    await loader.close();
  }
}

async function writeContactSheet(
  params: Params,
  { output, images: wanted, epoch, split }: ContactSheetFlags,
  loader: Loader,
): Promise<ContactSheet> {
  const path = output ?? join(params.paths.runs, 'contact_sheet.png');
  const images = (await openPrepared(params.paths.prepared)).splits[split];
  if (images.length === 0) {
    throw new UserError(
      `Nothing to show: the split ${split} in ${params.paths.prepared} has no images; choose another one with --split`,
    );
  }
  const tiles: SheetTile[] = [];
  let overflow = 0;
  for await (const batch of batchesOf(params, { images, split, epoch }, loader)) {
    const count = Math.min(wanted - tiles.length, samplesOf(batch, split));
    for (let n = 0; n < count; n++) tiles.push(await drawSample(batch, n));
    overflow += batch.overflow;
    if (tiles.length >= wanted) break;
  }
  const pass = split === 'train' ? `train, epoch ${epoch}, seed ${params.seed}` : split;
  const title = `${pass}: the first ${tiles.length} of ${images.length} images; hatched: no image`;
  await writeFileAtomic(path, await contactSheetPng(tiles, title));
  const buildings = tiles.reduce((sum, tile) => sum + tile.buildings, 0);
  const shown = { images: tiles.length, of: images.length, buildings, overflow };
  return { sheet: path, split, epoch: split === 'train' ? epoch : null, ...shown };
}

/** Those that training or validation gets, but for the map of touching buildings, which is not shown. */
function batchesOf(
  params: Params,
  { images, split, epoch }: { images: readonly PreparedImage[]; split: Split; epoch: number },
  loader: Loader,
): AsyncGenerator<HostBatch> {
  const shape = { ...batchShape(params), touchingDistance: null };
  if (split !== 'train') return loader.ordered(images, shape);
  return loader.training(images, shape, { ...trainingPass(params, epoch), startBatch: 0 });
}

/** Training learns from what fills its last batch, too; elsewhere it counts for nothing. */
function samplesOf(batch: HostBatch, split: Split): number {
  return split === 'train' ? batch.count : batch.real;
}

function formatContactSheet({ sheet, split, epoch, images, of, buildings, overflow }: ContactSheet): string {
  const pass = epoch === null ? split : `${split} in epoch ${epoch}`;
  const lines = [
    `Contact sheet: ${sheet}`,
    `${images} samples of ${pass} (${of} images), ${buildings} buildings`,
  ];
  if (overflow > 0) lines.push(`${overflow} buildings of these batches have no slot: data.max_instances`);
  return lines.join('\n');
}
