import { join } from 'node:path';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';
import { readWandbMode } from '../system/wandb-access.ts';
import { lastStepOf } from './cut-rows.ts';
import { createLocalTracker } from './local.ts';
import type { Tracker } from './tracker.ts';
import { createWandbTracker } from './wandb.ts';

export interface TrackerOptions {
  stage: 'train' | 'inference';
  /** Where its files go. */
  folder: string;
  log: Log;
  /** By what the run is known to Weights & Biases (`createTrackingId`); left out = they choose. */
  runId?: string;
  /** The step after which that run is continued; null or left out = a new run. */
  resumeStep?: number | null;
}

/**
 * The tracker of one run: plain files in `folder` always, and Weights & Biases as `WANDB_MODE` says. Nothing is written or
 * started before the first figure: a command that fails at once leaves no empty run behind.
 * @throws UsageError where `WANDB_MODE` is none of online, offline, disabled
 */
export async function createTracker(
  params: Params,
  { stage, folder, log, runId, resumeStep = null }: TrackerOptions,
): Promise<Tracker> {
  const metricsFile = join(folder, 'metrics.jsonl');
  const isDisabled = readWandbMode(process.env) === 'disabled';
  // Now, since the first row may cut the file.
  const lastStep = resumeStep === null ? null : Math.max(resumeStep, lastStepOf(metricsFile, runId));
  const start = () =>
    createWandbTracker(params, { stage, metricsFile, log, environment: process.env, runId, lastStep });
  // Inference itself leaves every picture in its folder.
  const local = createLocalTracker(folder, log, { exhibits: stage === 'train', run: runId, resumeStep });
  return fanOut(isDisabled ? [local] : [local, whenFirstUsed(start)]);
}

/** A tracker that is made at the first call that has something for it. */
function whenFirstUsed(start: () => Tracker | null): Tracker {
  let tracker: Tracker | null | undefined;
  const started = () => {
    if (tracker === undefined) tracker = start();
    return tracker;
  };
  return {
    log: (step, row) => started()?.log(step, row),
    show: (step, key, exhibit) => started()?.show(step, key, exhibit),
    summary: (row) => started()?.summary(row),
    finish: async (exitCode, stop) => tracker?.finish(exitCode, stop),
  };
}

/** One tracker that hands each call to all. */
function fanOut(trackers: readonly Tracker[]): Tracker {
  return {
    log: (step, row) => trackers.forEach((tracker) => void tracker.log(step, row)),
    show: (step, key, exhibit) => trackers.forEach((tracker) => void tracker.show(step, key, exhibit)),
    summary: (row) => trackers.forEach((tracker) => void tracker.summary(row)),
    finish: async (exitCode, stop) => {
      await Promise.all(trackers.map((tracker) => tracker.finish(exitCode, stop)));
    },
  };
}
