/**
 * What a training run carries from phase to phase.
 */
import { join } from 'node:path';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { type BatchShape, batchShape } from '../data/host-batch.ts';
import { createLoader, type Loader } from '../data/loader.ts';
import { openPrepared } from '../data/open-prepared.ts';
import type { PreparedImage, Split } from '../data/prepared.ts';
import { createMaskRcnn, type MaskRcnn } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import { assertWritable } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { tf } from '../system/tensorflow.ts';
import type { Tracker } from '../tracking/tracker.ts';
import { doubtsAbout } from './doubts.ts';
import type { History } from './history.ts';
import { epochsOf, type Phase, phasesOf } from './phases.ts';
import { loadPretrained, type PretrainedSource } from './pretrained.ts';
import { createProgress, type Progress } from './progress.ts';
import { describeRun } from './report.ts';
import { updatesPerEpoch } from './schedule.ts';
import type { Validation } from './validate.ts';

/** What the train stage may use of the process. */
export interface TrainingContext {
  log: Log;
  tracker: Tracker;
  /** Aborted when the user stops the run. */
  signal: AbortSignal;
}

/** A run on its way. */
export interface TrainingRun extends TrainingContext {
  readonly params: Params;
  readonly splits: Record<Split, readonly PreparedImage[]>;
  readonly dataHash: string;
  readonly shape: BatchShape;
  readonly loader: Loader;
  readonly model: MaskRcnn;
  /** null where the weights began random. */
  readonly pretrained: PretrainedSource | null;
  readonly phases: readonly Phase[];
  readonly progress: Progress;
  /** Where the results go. */
  readonly folder: string;
  readonly startedMs: number;
  /** One row per epoch that has been validated. */
  readonly history: History;
  /** Updates made so far. */
  steps: number;
  best: { epoch: number; validation: Validation } | null;
  overflowSaid: boolean;
}

/**
 * Opens the data, makes the model with its pretrained weights and says what will be done.
 * @throws UserError where data or weights are missing or do not fit
 */
export async function startRun(params: Params, context: TrainingContext): Promise<TrainingRun> {
  const { splits, manifest } = await openPrepared(params.paths.prepared);
  const folder = join(params.paths.runs, 'train');
  await assertWritable(folder);
  const model = createMaskRcnn(params);
  context.log.info(describeRun(model, splits, params));
  const hasGpu = (tf.backend() as NodeJSKernelBackend).isUsingGpuDevice;
  const circumstances = { trainImages: splits.train.length, preparedFrom: manifest.source, hasGpu };
  for (const doubt of doubtsAbout(params, circumstances)) context.log.warn(doubt);
  const pretrained = await loadPretrained(model.weights, params, context).catch((error: unknown) => {
    model.dispose();
    throw error;
  });
  const phases = phasesOf(params);
  const epochs = epochsOf(phases);
  return {
    ...context,
    params,
    splits,
    dataHash: manifest.hash,
    shape: batchShape(params),
    loader: createLoader(params.data.workers),
    model,
    pretrained,
    phases,
    progress: createProgress(
      context.log,
      epochs * updatesPerEpoch(splits.train.length, params.train),
      epochs,
    ),
    folder,
    startedMs: performance.now(),
    history: [],
    steps: 0,
    best: null,
    overflowSaid: false,
  };
}
