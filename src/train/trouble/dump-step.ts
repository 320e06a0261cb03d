/**
 * All that a step went wrong with, for people to look into: the batch as it was, its images as a picture, the figures.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostBatch } from '../../data/host-batch.ts';
import { type HostTensor, writeSafetensors } from '../../model/safetensors.ts';
import { hashParams } from '../../params/saved-params.ts';
import type { Params } from '../../params/schema.ts';
import { explainDiskError, makeFolder, PART_SUFFIX, writeFileAtomic } from '../../system/files.ts';
import { stepName } from '../checkpoint/checkpoint-folder.ts';
import type { BadStep } from './bad-step.ts';
import { troubleSheet } from './trouble-sheet.ts';
import { type UnsoundImage, unsoundImages } from './unsound-images.ts';

/**
 * Dumps that stay. A run makes six with the default `train.non_finite.most`, but that may be a million, and each start of a
 * run that stops makes one more, with 25 MB of pixels for eight images of 512 px.
 */
const MOST_DUMPS = 10;

const DUMP = /^step-\d{8,15}(-\d+)?$/;

/**
 * Writes a folder `step-00000120`, or `step-00000120-2` where there is one already, aside first and then renamed:
 *   batch.safetensors  the batch's tensors
 *   images.png         its images with their buildings; the unsound ones first and named
 *   trouble.json       step, figures and images; what is no finite number stands as text, "NaN"
 * Then removes the oldest where they are too many, and what a process left that was killed while it wrote one. What was given
 * another name stays.
 * @param folder of all such folders of the run
 * @param bad its batch must stay what it is until this has returned
 * @returns the path of the folder
 * @throws UserError where it cannot be written
 */
export async function dumpStep(folder: string, bad: BadStep, params: Params): Promise<string> {
  const aside = join(folder, `${stepName(bad.step)}.${randomBytes(4).toString('hex')}${PART_SUFFIX}`);
  try {
    const unsound = unsoundImages(bad.batch);
    await makeFolder(aside);
    await writeSafetensors(join(aside, 'batch.safetensors'), {
      tensors: tensorsOf(bad.batch),
      metadata: { step: `${bad.step}`, epoch: `${bad.epoch}` },
    });
    await writeFileAtomic(join(aside, 'trouble.json'), reportOf(bad, unsound, params));
    await writeFileAtomic(join(aside, 'images.png'), await troubleSheet(bad, unsound));
    const target = unusedPath(join(folder, stepName(bad.step)));
    await rename(aside, target);
    // What is in its way must not hide what went wrong.
    await tidy(folder).catch(() => {});
    return target;
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => {});
    throw explainDiskError(error, folder);
  }
}

/** This process is the only one that writes there. */
async function tidy(folder: string): Promise<void> {
  const names = await readdir(folder);
  const leftOvers = names.filter((name) => name.endsWith(PART_SUFFIX));
  const dumps = names.filter((name) => DUMP.test(name)).map((name) => join(folder, name));
  const times = await Promise.all(dumps.map(async (path) => ({ path, ms: (await stat(path)).mtimeMs })));
  const tooMany = times.sort((a, b) => b.ms - a.ms).slice(MOST_DUMPS);
  for (const path of [...leftOvers.map((name) => join(folder, name)), ...tooMany.map(({ path }) => path)]) {
    await rm(path, { recursive: true, force: true });
  }
}

function unusedPath(path: string): string {
  let free = path;
  for (let number = 2; existsSync(free); number++) free = `${path}-${number}`;
  return free;
}

function tensorsOf(batch: HostBatch): Map<string, HostTensor> {
  const { count: N, imageSize: H, maxInstances: M, maskSize: K, touchingSize: T } = batch;
  return new Map([
    ['images', { shape: [N, H, H, 3], values: batch.images }],
    ['boxes', { shape: [N, M, 4], values: batch.boxes }],
    ['masks', { shape: [N, M, K, K], values: batch.masks }],
    ['valid', { shape: [N, M], values: batch.valid }],
    ['touching', { shape: [N, T, T], values: batch.touching }],
  ]);
}

function reportOf(bad: BadStep, unsound: readonly UnsoundImage[], params: Params): string {
  const { step, epoch, learningRate, terms, figures, batch } = bad;
  const faults = new Map(unsound.map((image) => [image.place, image.faults]));
  const report = {
    step,
    epoch,
    learning_rate: learningRate,
    terms,
    losses: figures.losses,
    gradient_norm: figures.gradientNorm,
    gradient_norms: figures.gradientNorms,
    update_ratios: figures.updateRatios,
    applied: figures.applied,
    images: batch.sources.map(({ name, origin }, place) => ({
      name,
      origin,
      faults: faults.get(place) ?? [],
    })),
    params: hashParams(params),
  };
  return `${JSON.stringify(report, spellOut, 2)}\n`;
}

/** JSON has no NaN and no infinity, and would make null of both. */
function spellOut(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? `${value}` : value;
}
