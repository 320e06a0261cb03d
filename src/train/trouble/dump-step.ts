/**
 * All that a step went wrong with, for people to look into: the batch as it was, its images as a picture, the figures.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostBatch } from '../../data/host-batch.ts';
import { type HostTensor, writeSafetensors } from '../../model/safetensors.ts';
import { hashParams } from '../../params/saved-params.ts';
import type { Params } from '../../params/schema.ts';
import { explainDiskError, makeFolder, writeFileAtomic } from '../../system/files.ts';
import { stepName } from '../checkpoint/checkpoint-folder.ts';
import type { BadStep } from './bad-step.ts';
import { troubleSheet } from './trouble-sheet.ts';
import { type UnsoundImage, unsoundImages } from './unsound-images.ts';

/**
 * Writes a folder `step-00000120`, or `step-00000120-2` where there is one already, aside first and then renamed:
 *   batch.safetensors  the batch's tensors
 *   images.png         its images with their buildings; the unsound ones first and named
 *   trouble.json       step, figures and images; what is no finite number stands as text, "NaN"
 * @param folder of all such folders of the run
 * @param bad its batch must stay what it is until this has returned
 * @returns the path of the folder
 * @throws UserError where it cannot be written
 */
export async function dumpStep(folder: string, bad: BadStep, params: Params): Promise<string> {
  const aside = join(folder, `${stepName(bad.step)}.${randomBytes(4).toString('hex')}.part`);
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
    return target;
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => {});
    throw explainDiskError(error, folder);
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
