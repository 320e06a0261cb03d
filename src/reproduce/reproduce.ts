import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { paramsFingerprint } from '../params/fingerprint.ts';
import { saveParams } from '../params/saved-params.ts';
import type { Params } from '../params/schema.ts';
import { withFileLock } from '../system/file-lock.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { type FinishedRun, finishRun, type RunContext, type TrainingEnd } from './finished-run.ts';
import { type PlannedRun, planRuns, type SeedChoice } from './plan.ts';
import { type Reproduction, summarize } from './summarize.ts';

export interface ReproduceOptions extends SeedChoice {
  /** Whether the best models are measured on test, too. */
  test?: boolean;
}

export interface ReproduceContext {
  /** Of the prepared data. */
  dataHash: string;
  /** Of the program's own code, which results follow from. */
  codeHash: string;
  /** The end of a training with these params, where one has come to it since then. */
  findEnd: (params: Params, sinceMs: number) => Promise<TrainingEnd | null>;
  log: Log;
  signal: AbortSignal;
}

/**
 * Runs the same params with several seeds, one after the other, in `runs/reproduce/seed-N`, and says how far the figures
 * differ. The prepared data is the same for all: only what training does by chance differs. May be stopped and run again.
 * @throws UserError where a run fails; the signal's reason when it is aborted
 */
export async function reproduce(
  params: Params,
  options: ReproduceOptions,
  context: ReproduceContext,
): Promise<Reproduction> {
  const folder = join(params.paths.runs, 'reproduce');
  const plan = planRuns(options, params.seed, folder);
  const { log, signal } = context;
  const work = async () => {
    const paramsFile = join(folder, 'params.yaml');
    // Hours may pass: what is changed in the user's file meanwhile is for the next time.
    await saveParams(paramsFile, params);
    const runContext = contextOf(params, { ...options, ...context, paramsFile });
    const runs: FinishedRun[] = [];
    for (const run of plan) runs.push(await finishRun(run, runContext));
    const reproduction = summarize(runs, {
      deterministic: params.train.deterministic,
      max_minutes: params.train.max_minutes,
      data_hash: context.dataHash,
      file: join(folder, 'spread.json'),
    });
    await writeFileAtomic(reproduction.file, `${JSON.stringify(reproduction, null, 2)}\n`);
    return reproduction;
  };
  const onWait = (pid: number | null) =>
    log.info(
      `Waiting for another aerial reproduce${pid === null ? '' : ` (${pid})`} that is at work in ${folder}`,
    );
  return withFileLock(folder, work, { onWait, signal, waitForSilent: true });
}

function contextOf(
  params: Params,
  {
    test = false,
    dataHash,
    codeHash,
    findEnd,
    paramsFile,
    log,
    signal,
  }: ReproduceOptions & ReproduceContext & { paramsFile: string },
): RunContext {
  const key = ({ seed }: PlannedRun, stage: 'train' | 'inference') => {
    const { device, inference } = params;
    const training = [paramsFingerprint({ ...params, seed }), device, dataHash, codeHash];
    return sha256(stage === 'train' ? training : [training, inference]);
  };
  const { run_name } = params.tracking;
  const group = `${run_name ?? 'reproduce'}-${key({ seed: 0, again: false, folder: '' }, 'train').slice(0, 6)}`;
  return {
    paramsFile,
    graphs: join(params.paths.runs, 'graph-cache'),
    name: ({ seed, again }) => `${run_name ?? 'reproduce'}-seed-${seed}${again ? '-again' : ''}`,
    findEnd: ({ seed, folder }, sinceMs) =>
      findEnd({ ...params, seed, paths: { ...params.paths, runs: folder } }, sinceMs),
    group,
    key,
    test,
    log,
    signal,
  };
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
