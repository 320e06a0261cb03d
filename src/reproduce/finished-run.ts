import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { HeadlineFigures } from '../evaluate/intervals/headline-figures.ts';
import { encodeSafetensors, readSafetensors } from '../model/safetensors.ts';
import { makeFolder, writeFileAtomic } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { readHeadline } from './headline.ts';
import type { PlannedRun } from './plan.ts';
import { runStage } from './stage-process.ts';

/** What came of one training. */
export interface TrainedRun {
  epochs: number;
  /** Of the best model; null where there is none. */
  best_epoch: number | null;
  steps: number;
  seconds: number;
  /** Of the best model's weights; null where no validation was reached. */
  model_sha256: string | null;
  /** Of all that training holds after its last step: weights, their averages, the optimizer's memory. */
  weights_sha256: string | null;
  valid: HeadlineFigures | null;
}

/** What training itself says of its end. */
export interface TrainingEnd extends Pick<TrainedRun, 'epochs' | 'steps' | 'seconds' | 'weights_sha256'> {
  best: { epoch: number } | null;
}

/** A run with all that was asked for. */
export interface FinishedRun extends TrainedRun {
  seed: number;
  again: boolean;
  folder: string;
  /** null where no test was asked for. */
  test: HeadlineFigures | null;
}

export interface RunContext {
  /** The params of all runs. */
  paramsFile: string;
  /** Where graphs are kept for all of them. */
  graphs: string;
  /** Name of the run as trackers show it; group, likewise. */
  name: (run: PlannedRun) => string;
  group: string;
  /** What the results of a stage follow from: those of another key are made anew. */
  key: (run: PlannedRun, stage: 'train' | 'inference') => string;
  /** The end of a training in the run's folder that has come to it; null where none has since then. */
  findEnd: (run: PlannedRun, sinceMs: number) => Promise<TrainingEnd | null>;
  /** Whether the best model is measured on test. */
  test: boolean;
  log: Log;
  signal: AbortSignal;
}

/**
 * Trains, and tests where that is asked for, in the run's own folder. What is finished there is not done again, and a
 * training that was interrupted goes on from its checkpoint.
 */
export async function finishRun(run: PlannedRun, context: RunContext): Promise<FinishedRun> {
  await shareGraphs(run.folder, context.graphs);
  const trained = await once<TrainedRun>(run, 'train', context, {
    find: async (sinceMs) => {
      const end = await context.findEnd(run, sinceMs);
      // Where somebody has removed its files, it is trained again.
      return end && describeTraining(end, run.folder).catch(() => null);
    },
    make: async () => {
      const end = (await runStage(stageOf(run, 'train', context))) as TrainingEnd;
      return describeTraining(end, run.folder);
    },
  });
  if (!context.test) return { ...headOf(run), ...trained, test: null };
  const test = await once<HeadlineFigures>(run, 'inference', context, {
    find: () => Promise.resolve(null),
    make: async () => {
      await runStage(stageOf(run, 'inference', context));
      return readHeadline(join(run.folder, 'inference_results', 'metrics.json'));
    },
  });
  return { ...headOf(run), ...trained, test };
}

const headOf = ({ seed, again, folder }: PlannedRun) => ({ seed, again, folder });

/** In words for people. */
const STAGES = { train: 'training', inference: 'test' } as const;

/** How the result of a stage is come by. */
interface Means<Result> {
  /** That of a stage which has come to its end since then, but nobody was there any more to keep its result; else null. */
  find: (sinceMs: number) => Promise<Result | null>;
  make: () => Promise<Result>;
}

/** The result of a stage, which is kept beside its files under the key of what it follows from. */
async function once<Result>(
  run: PlannedRun,
  stage: 'train' | 'inference',
  { key: keyOf, log }: RunContext,
  { find, make }: Means<Result>,
): Promise<Result> {
  const file = join(run.folder, `${stage}.json`);
  const key = keyOf(run, stage);
  const kept = await readKept<Result>(file);
  const own = kept?.key === key ? kept : null;
  const found = own && (own.result ?? (await find(own.writtenMs)));
  if (found) log.info(`${nameOf(run)}: ${STAGES[stage]} is finished, in ${run.folder}`);
  else {
    if (kept?.result)
      log.warn(`${run.folder} holds a ${STAGES[stage]} of other params, data or code: it is made anew`);
    log.info(`${nameOf(run)}: ${STAGES[stage]}, in ${run.folder}`);
    // From now on, the folder holds nothing whole of another key.
    if (!own) await keep(file, { key, result: null });
  }
  const result = found ?? (await make());
  if (!own?.result) await keep(file, { key, result });
  return result;
}

/** The file of a stage. */
interface Kept<Result> {
  key: string;
  /** null where the stage has begun. */
  result: Result | null;
}

function keep<Result>(file: string, content: Kept<Result>): Promise<void> {
  return writeFileAtomic(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** @returns null where there is none, or none that is whole */
async function readKept<Result>(file: string): Promise<(Kept<Result> & { writtenMs: number }) | null> {
  try {
    const content = JSON.parse(await readFile(file, 'utf8')) as Kept<Result>;
    return { ...content, writtenMs: (await stat(file)).mtimeMs };
  } catch {
    return null;
  }
}

function nameOf({ seed, again }: PlannedRun): string {
  return again ? `Seed ${seed} again` : `Seed ${seed}`;
}

function stageOf(run: PlannedRun, stage: 'train' | 'inference', context: RunContext) {
  const { paramsFile, signal, group, name } = context;
  const sets = [
    `seed=${run.seed}`,
    // In quotes, a path or name is YAML whatever is in it.
    `paths.runs=${JSON.stringify(run.folder)}`,
    `tracking.run_name=${JSON.stringify(name(run))}`,
  ];
  const { WANDB_RUN_GROUP = group } = process.env;
  // One id for several runs would make one run of them.
  const environment = { WANDB_RUN_GROUP, WANDB_RUN_ID: undefined };
  return { stage, paramsFile, sets, environment, signal };
}

/** The same graphs serve every seed: they are recorded once. */
async function shareGraphs(folder: string, graphs: string): Promise<void> {
  const link = join(folder, 'graph-cache');
  await makeFolder(folder);
  await makeFolder(graphs);
  // Some file systems have no links: then each run records its own.
  if (!existsSync(link)) await symlink(resolve(graphs), link, 'dir').catch(() => mkdir(link));
}

async function describeTraining(
  { epochs, steps, seconds, best, weights_sha256 }: TrainingEnd,
  folder: string,
): Promise<TrainedRun> {
  const model = join(folder, 'train', 'best.safetensors');
  return {
    epochs,
    best_epoch: best?.epoch ?? null,
    steps,
    seconds,
    model_sha256: best && (await hashOfWeights(model)),
    weights_sha256,
    valid: best && (await readHeadline(join(folder, 'train', 'metrics.json'))),
  };
}

/** Not of the whole file, which names its params, and with them the run's folder. */
async function hashOfWeights(path: string): Promise<string> {
  const { tensors } = await readSafetensors(path);
  return hash('sha256', encodeSafetensors({ tensors, metadata: {} }));
}
