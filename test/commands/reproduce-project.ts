import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { prepareData } from '../../src/data/prepare.ts';
import { saveParams } from '../../src/params/saved-params.ts';
import { collectLog } from '../support/collect-log.ts';
import { tinyParams } from '../support/tiny-model.ts';

const AERIAL = resolve(import.meta.dirname, '../../bin/aerial.js');

/** Puts data and params for trainings of a few steps into an empty folder. @returns its path without links */
export async function makeProject(empty: string, epochs: number): Promise<string> {
  const folder = await realpath(empty);
  const params = tinyParams(folder);
  params.data.synthetic = { size: 128, train: 5, valid: 2, test: 2 };
  Object.assign(params.train, { epochs, deterministic: true });
  params.train.checkpoint.steps = 1;
  params.tracking.images = 0;
  params.inference.resamples = 0;
  await prepareData(params, collectLog());
  params.paths = { prepared: 'prepared', runs: 'runs' };
  await saveParams(join(folder, 'params.yaml'), params);
  return folder;
}

export function reproduce(folder: string, ...flags: string[]) {
  const options = { cwd: folder, reject: false, detached: true };
  return execa(process.execPath, [AERIAL, 'reproduce', ...flags], options);
}

/** Ctrl-C, as a terminal sends it: to a process and all of its group. */
export function interrupt({ pid }: { pid?: number | undefined }): void {
  process.kill(-pid!, 'SIGINT');
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${condition}`);
    await pause(50);
  }
}
