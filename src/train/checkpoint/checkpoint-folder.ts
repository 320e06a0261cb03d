/**
 * Where checkpoints lie: `runs/train/checkpoints/RUN/step-00000120.safetensors`, one folder for each run, and beside them the
 * weights of the best model, `best-00000100.safetensors`.
 */
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Params } from '../../params/schema.ts';
import { PART_SUFFIX } from '../../system/files.ts';
import { readCheckpointNote } from './checkpoint-file.ts';

/** A file whose name says that it is a checkpoint; what is in it nobody has looked at. */
export interface CheckpointFile {
  path: string;
  step: number;
}

const CHECKPOINT = /^step-(\d{8,15})\.safetensors$/;
const BEST = /^best-(\d{8,15})\.safetensors$/;
const RUN = /^[0-9a-f]{12}(-\d+|-finished)?$/;
/** Set aside with a word to the user, who may want it. */
const SET_ASIDE = /-\d+$/;

/** The folder with a folder for each run. */
export function checkpointsFolder({ paths }: Pick<Params, 'paths'>): string {
  return join(paths.runs, 'train', 'checkpoints');
}

/** The best model as the next stage finds it. */
export function bestModelPath({ paths }: Pick<Params, 'paths'>): string {
  return join(paths.runs, 'train', 'best.safetensors');
}

export function checkpointPath(folder: string, step: number): string {
  return join(folder, `${stepName(step)}.safetensors`);
}

/** The file of the model that was best after this step. */
export function bestPath(folder: string, step: number): string {
  return join(folder, `best-${digits(step)}.safetensors`);
}

/** Of a run, the newest first; [] where there is no folder. */
export async function listCheckpoints(folder: string): Promise<CheckpointFile[]> {
  return listFiles(folder, CHECKPOINT);
}

/** Folders of all runs; [] where there are none. */
export async function listRuns(root: string): Promise<string[]> {
  return (await namesIn(root)).filter((name) => RUN.test(name)).map((name) => join(root, name));
}

/**
 * Removes all but the newest checkpoints up to a step, and the best models of which none of those that stay knows.
 * @param upTo the step of the checkpoint that was written last; what lies beyond it is none of this run's
 * @param bestStep that of the best model so far; null = none
 */
export async function prune(
  folder: string,
  { keep, upTo, bestStep }: { keep: number; upTo: number; bestStep: number | null },
): Promise<void> {
  const files = await listCheckpoints(folder);
  const tooMany = files.filter(({ step }) => step <= upTo).slice(keep);
  for (const { path } of tooMany) await rm(path, { force: true });
  const models = (await listFiles(folder, BEST)).filter(({ step }) => step !== bestStep);
  if (models.length === 0) return;
  const needed = new Set<number>();
  for (const { path } of await listCheckpoints(folder)) {
    const note = await readCheckpointNote(path).catch(() => null);
    if (note?.state.best) needed.add(note.state.best.step);
  }
  for (const { path, step } of models) if (!needed.has(step)) await rm(path, { force: true });
}

/** Removes what a process left that was killed while it wrote. */
export async function removeLeftOvers(folder: string): Promise<void> {
  const leftOvers = (await namesIn(folder)).filter((name) => name.endsWith(PART_SUFFIX));
  for (const name of leftOvers) await rm(join(folder, name), { force: true });
}

/** Where a finished run waits to be removed while the same run, which begins anew, has no model yet. */
export function finishedName(folder: string): string {
  return `${folder}-finished`;
}

/**
 * Removes runs that are finished: their results are in `runs/train`, and nothing goes on from them by itself. What was set
 * aside for the user stays.
 * @param folder of the run whose neighbours they are; it stays
 */
export async function removeFinished(folder: string): Promise<void> {
  const neighbours = (await listRuns(dirname(folder))).filter(
    (run) => run !== folder && !SET_ASIDE.test(run),
  );
  for (const run of neighbours) {
    const [newest] = await listCheckpoints(run);
    const note = newest && (await readCheckpointNote(newest.path).catch(() => null));
    if (note?.state.finished) await rm(run, { recursive: true, force: true });
  }
}

/** @returns a name for what is set aside of a run: RUN-1, RUN-2, ... */
export async function unusedName(folder: string): Promise<string> {
  const taken = new Set(await listRuns(dirname(folder)));
  let number = 1;
  while (taken.has(`${folder}-${number}`)) number++;
  return `${folder}-${number}`;
}

async function listFiles(folder: string, pattern: RegExp): Promise<CheckpointFile[]> {
  const found = (await namesIn(folder)).flatMap((name) => {
    const step = pattern.exec(name)?.[1];
    return step === undefined ? [] : [{ path: join(folder, name), step: Number(step) }];
  });
  return found.sort((a, b) => b.step - a.step);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    // Where a file is in its place, writing says so.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** `step-00000120`, which sorts as numbers do. */
export function stepName(step: number): string {
  return `step-${digits(step)}`;
}

function digits(step: number): string {
  return `${step}`.padStart(8, '0');
}
