import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { readManifest } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import type { Params } from '../../src/params/schema.ts';
import { isReplaced, type WrittenRow } from '../../src/tracking/cut-rows.ts';
import type { MetricsRow } from '../../src/tracking/tracker.ts';
import { readCheckpointNote } from '../../src/train/checkpoint/checkpoint-file.ts';
import { listCheckpoints } from '../../src/train/checkpoint/checkpoint-folder.ts';
import { findCheckpoint } from '../../src/train/checkpoint/find-checkpoint.ts';
import { markReported } from '../../src/train/checkpoint/reported.ts';
import type { RunState } from '../../src/train/checkpoint/run-state.ts';
import type { TrainingContext } from '../../src/train/open-run.ts';
import type { TrainingSummary } from '../../src/train/report.ts';
import { runTraining } from '../../src/train/run.ts';
import { collectLog } from './collect-log.ts';
import { recordingTracker } from './recording-tracker.ts';
import { tinyParams } from './tiny-model.ts';

/** What a run has left, without what depends on the clock and the machine. */
export interface RunResult {
  summary: TrainingSummary;
  /** Of `best.safetensors`. */
  best: string | null;
  history: MetricsRow[];
  rows: { step: number; row: MetricsRow }[];
  lines: string[];
  /** What its newest checkpoint says of losses and trouble; null without one. */
  kept: Pick<RunState, 'recentLosses' | 'trouble' | 'validationsWithoutGain' | 'overflowSaid'> | null;
}

/**
 * Runs the train stage as the command does. @param resume as of `--resume` @param killed after its last checkpoint, before it
 * could say that it is finished
 */
export async function train(
  params: Params,
  {
    resume = 'auto',
    killed = false,
    ...context
  }: Partial<TrainingContext> & {
    resume?: string;
    killed?: boolean;
  } = {},
): Promise<RunResult> {
  const log = collectLog();
  const recorder = recordingTracker();
  const { hash: dataHash } = await readManifest(params.paths.prepared);
  const checkpoint = await findCheckpoint({ params, dataHash, resume, log });
  const signal = new AbortController().signal;
  const summary = await runTraining(params, { log, tracker: recorder, signal, ...context }, checkpoint);
  if (summary.finished && !killed) await markReported(summary.checkpoints!);
  const inTrain = (name: string) => join(params.paths.runs, 'train', name);
  const history = await readFile(inTrain('history.json'), 'utf8').catch(() => '[]');
  const best = await readFile(inTrain('best.safetensors')).catch(() => null);
  const [newest] = summary.checkpoints === null ? [] : await listCheckpoints(summary.checkpoints);
  return {
    kept: newest ? remembered((await readCheckpointNote(newest.path)).state) : null,
    summary,
    best: best && createHash('sha256').update(best).digest('hex'),
    history: (JSON.parse(history) as MetricsRow[]).map(withoutTimes),
    rows: recorder.rows.map(({ step, row }) => ({ step, row: withoutTimes(row) })),
    lines: log.lines,
  };
}

function remembered(state: RunState): RunResult['kept'] {
  const { recentLosses, trouble, validationsWithoutGain, overflowSaid } = state;
  return { recentLosses, trouble, validationsWithoutGain, overflowSaid };
}

/** Params of runs that take seconds. */
export interface TinyRuns {
  /** @param train what differs in that section; all of a file's runs share one data set and one cache of graphs */
  params(train?: Partial<Params['train']>, data?: Partial<Params['data']>): Params;
}

/** To be called at the top of a test file: prepares scenes of 128 px before its tests, and removes all after. */
export function useTinyRuns(scenes: { train: number; valid: number; test: number }): TinyRuns {
  let base: Params;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aerial-runs-'));
    base = tinyParams(folder);
    base.data.synthetic = { size: 128, ...scenes };
    Object.assign(base.data, { workers: 0, min_area: 30 });
    Object.assign(base.train, { deterministic: true, checkpoint: { steps: 2, keep: 2 } });
    base.tracking.images = 0;
    base.model.transfer.backbone = 'resnet18';
    await prepareData(base, collectLog());
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));
  return {
    params: (train = {}, data = {}) => ({
      ...base,
      data: { ...base.data, ...data },
      train: { ...base.train, ...train },
    }),
  };
}

/** Removes results and checkpoints of a run; its graphs stay, which saves time. */
export async function forgetRuns(params: Params): Promise<void> {
  await rm(join(params.paths.runs, 'train'), { recursive: true, force: true });
}

/** A signal that is aborted when it is looked at for the nth time: each look is a moment at which a run can stop. */
export function stopsAtLook(nth: number): { signal: AbortSignal; looks: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const read = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')!.get!;
  let looks = 0;
  Object.defineProperty(signal, 'aborted', {
    get: () => {
      looks++;
      if (looks === nth) controller.abort(new Error('stopped'));
      return read.call(signal);
    },
  });
  return { signal, looks: () => looks };
}

function withoutTimes(row: MetricsRow): MetricsRow {
  const isOfMachine = (key: string) => /^(time|system)\/|images_per_second$/.test(key);
  return Object.fromEntries(Object.entries(row).filter(([key]) => !isOfMachine(key)));
}

/** That both ended alike, but for how long they took. */
export function expectSame(end: RunResult, whole: RunResult): void {
  const told = ({ summary, best, history, kept }: RunResult) => ({
    ...{ weights: summary.weights_sha256, figures: summary.best, best, history },
    ...{ steps: summary.steps, epochs: summary.epochs, kept },
  });
  expect(told(end)).toEqual(told(whole));
}

/** As it stands in the trackers' file. */
function written({ step, row }: RunResult['rows'][number]): WrittenRow {
  return { ...row, step };
}

/** The rows of all parts as the trackers keep them: what comes again takes the place of what was told of it. */
export function rowsOf(parts: readonly RunResult[]): RunResult['rows'] {
  let rows: RunResult['rows'] = [];
  for (const { rows: more } of parts) {
    for (const row of more) {
      const again = rows.findIndex((old) => old.step > row.step || isReplaced(written(old), written(row)));
      if (again >= 0) rows = rows.slice(0, again);
      rows.push(row);
    }
  }
  return rows;
}
