import { join } from 'node:path';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { readManifest } from '../data/open-prepared.ts';
import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import { loadTensorFlow } from '../system/load-tensorflow.ts';
import type { Log } from '../system/log.ts';
import { readMemoryLimits } from '../system/memory-limits.ts';
import { isOutOfMemory } from '../system/out-of-memory.ts';
import { readWandbMode } from '../system/wandb-access.ts';
import { createTrackingId } from '../tracking/tracking-id.ts';
import type { Checkpoint } from '../train/checkpoint/checkpoint-file.ts';
import { findCheckpoint } from '../train/checkpoint/find-checkpoint.ts';
import { markReported } from '../train/checkpoint/reported.ts';
import { outOfMemoryError } from '../train/memory/out-of-memory.ts';
import { formatTrainingSummary, type TrainingSummary } from '../train/report.ts';
import { type AssertAlone, aloneInFolder } from './alone-in-folder.ts';
import { printResult, readParams, type StageContext, type StageOptions, withTracker } from './stage.ts';

export interface TrainFlags extends StageOptions {
  /** auto, never, or a checkpoint's file. */
  resume: string;
}

/** `aerial train`: results in `runs/train`, the headline on stdout. */
export async function train(flags: TrainFlags, context: StageContext): Promise<void> {
  const params = await readParams(flags);
  // What the tracker would refuse, before anything is read or loaded.
  readWandbMode(process.env);
  const folder = join(params.paths.runs, 'train');
  const summary = await aloneInFolder(folder, context, async (assertAlone) => {
    // Not before it is alone: while it waited, the data may have been prepared anew.
    const { hash: dataHash } = await readManifest(params.paths.prepared);
    const resume = await findCheckpoint({ params, dataHash, resume: flags.resume, log: context.log });
    return runStage(params, { resume, folder }, { ...context, assertAlone });
  });
  printResult(summary, flags, formatTrainingSummary);
  if (summary.finished && summary.checkpoints !== null) await markReported(summary.checkpoints);
}

async function runStage(
  params: Params,
  { resume, folder }: { resume: Checkpoint | null; folder: string },
  context: StageContext & { assertAlone: AssertAlone },
): Promise<TrainingSummary> {
  // Only now, so that wrong params are told at once and not after TensorFlow has loaded.
  const tf = await loadTensorFlow({ device: params.device, deterministic: params.train.deterministic });
  const gpu = (tf.backend() as NodeJSKernelBackend).isUsingGpuDevice;
  await holdAgainstMemory(params, { resume, gpu, log: context.log });
  const { runTraining } = await import('../train/run.ts');
  const trackingId = resume?.state.trackingId ?? createTrackingId();
  const tracking = { stage: 'train' as const, folder, runId: trackingId };
  const resumeStep = resume?.state.steps ?? null;
  return withTracker(params, { ...context, ...tracking, resumeStep }, (tracker) =>
    runTraining(params, { ...context, tracker, trackingId }, resume).catch((error: unknown) => {
      throw isOutOfMemory(error) && !(error instanceof UserError) ? outOfMemoryError(error, params) : error;
    }),
  );
}

/** A run that has halved its batch goes on with that. */
async function holdAgainstMemory(
  params: Params,
  { resume, gpu, log }: { resume: Checkpoint | null; gpu: boolean; log: Log },
): Promise<void> {
  const { computedParams } = await import('../train/open-run.ts');
  const { checkMemory } = await import('../summary/check-memory.ts');
  const limits = await readMemoryLimits({ gpu });
  const planned = resume ? computedParams({ params, state: resume.state }) : params;
  await checkMemory(planned, { device: gpu ? 'gpu' : 'cpu', limits, log });
}
