/**
 * Opens a training run: what it carries from phase to phase, and where it begins or goes on.
 */
import { join } from 'node:path';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { createLoader, type Loader } from '../data/loader.ts';
import { openPrepared } from '../data/open-prepared.ts';
import type { PreparedImage, Split } from '../data/prepared.ts';
import { createMaskRcnn, type MaskRcnn } from '../model/mask-rcnn.ts';
import type { HostTensor } from '../model/safetensors.ts';
import type { Params } from '../params/schema.ts';
import { assertWritable } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { type MachineWatch, watchMachine } from '../system/machine-watch.ts';
import { tf } from '../system/tensorflow.ts';
import type { Tracker } from '../tracking/tracker.ts';
import type { Checkpoint } from './checkpoint/checkpoint-file.ts';
import { checkpointsFolder, removeLeftOvers } from './checkpoint/checkpoint-folder.ts';
import { prepareFolder } from './checkpoint/prepare-folder.ts';
import { fingerprintOf, runName } from './checkpoint/run-fingerprint.ts';
import { initialState, type RunState } from './checkpoint/run-state.ts';
import { type CheckpointStore, createStore } from './checkpoint/store.ts';
import { doubtsAbout } from './doubts.ts';
import { withBatchOf } from './memory/halve-batch.ts';
import { epochsOfRun, type Phase, phasesOf } from './phases/phases.ts';
import { updatesPerEpoch } from './phases/schedule.ts';
import { loadPretrained } from './pretrained.ts';
import { createProgress, type Progress } from './progress.ts';
import { describeResume, describeRun } from './report.ts';

/** What the train stage may use of the process. */
export interface TrainingContext {
  log: Log;
  tracker: Tracker;
  /** Aborted when the user stops the run. */
  signal: AbortSignal;
  /** By what trackers know the run; a resumed one brings its own. */
  trackingId?: string | null;
  /** Called before something is kept; fails where the results' folder is another process's by now. */
  assertAlone?: () => Promise<void>;
}

/** A run on its way. */
export interface TrainingRun extends TrainingContext {
  /** As the user gave them; what is computed with may have a smaller batch: `computedParams`. */
  readonly params: Params;
  readonly splits: Record<Split, readonly PreparedImage[]>;
  readonly dataHash: string;
  readonly loader: Loader;
  readonly model: MaskRcnn;
  readonly phases: readonly Phase[];
  readonly progress: Progress;
  readonly machine: MachineWatch;
  /** Where the results go. */
  readonly folder: string;
  readonly store: CheckpointStore;
  /** The step after which an earlier part of the run is continued; null = it begins here. */
  readonly resumedFrom: number | null;
  /** Seconds of all parts of the run. */
  seconds(): number;
  /** Where it stands. Going back to a checkpoint puts another one in its place. */
  state: RunState;
  /** What the next engine begins with, of a checkpoint; null = what the model holds. */
  tensors: ReadonlyMap<string, HostTensor> | null;
}

/**
 * Opens the data, makes the model with its pretrained weights and says what will be done.
 * @param resume what the run goes on from; null = it begins anew
 * @throws UserError where data or weights are missing or do not fit
 */
export async function openRun(
  params: Params,
  context: TrainingContext,
  resume: Checkpoint | null,
): Promise<TrainingRun> {
  const { splits, manifest } = await openPrepared(params.paths.prepared);
  const folder = join(params.paths.runs, 'train');
  await assertWritable(folder);
  await removeLeftOvers(folder);
  const fingerprint = await fingerprintOf(params, manifest.hash);
  const own = join(checkpointsFolder(params), runName(fingerprint));
  const model = createMaskRcnn(params);
  try {
    context.log.info(describeRun(model, splits, params));
    const hasGpu = (tf.backend() as NodeJSKernelBackend).isUsingGpuDevice;
    const circumstances = { trainImages: splits.train.length, preparedFrom: manifest.source, hasGpu };
    for (const doubt of doubtsAbout(params, circumstances)) context.log.warn(doubt);
    if (resume) context.log.info(describeResume(resume));
    const phases = phasesOf(params);
    const { state, tensors } = resume ? goOnFrom(resume) : await begin(model, params, context);
    await prepareFolder(own, resume, context.log);
    const keep = params.train.checkpoint.keep;
    const seconds = createClock(state.seconds);
    const epochs = epochsOfRun(phases, state);
    const expected = { epochs, steps: epochs * updatesPerEpoch(splits.train.length, params.train) };
    return {
      ...context,
      params,
      splits,
      dataHash: manifest.hash,
      loader: createLoader(params.data.workers),
      model,
      phases,
      progress: progressOf(params, expected, { log: context.log, seconds }),
      machine: watchMachine({ gpu: hasGpu }),
      folder,
      store: createStore({ ...context, folder: own, fingerprint, keep, resume }),
      resumedFrom: resume?.state.steps ?? null,
      seconds,
      state,
      tensors,
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * The state of a checkpoint that the run goes back to, with what it has found out since: what went wrong, how large a batch
 * there is memory for, that its best model is lost.
 */
export function stateBackAt(checkpoint: Checkpoint, now: RunState): RunState {
  const { state } = goOnFrom(checkpoint);
  const { trouble, overflowSaid, batchSize } = now;
  return { ...state, trouble, overflowSaid, batchSize, best: now.best && state.best };
}

/** The phase that is under way; `findCheckpoint` holds a checkpoint's against the params. */
export function phaseOf({ phases, state }: Pick<TrainingRun, 'phases' | 'state'>): Phase {
  return phases.find(({ name }) => name === state.phase)!;
}

/** The params with the batch that fits into memory. An update is of as many images as the user wants. */
export function computedParams({ params, state }: Pick<TrainingRun, 'params' | 'state'>): Params {
  return withBatchOf(state.batchSize, params);
}

async function begin(
  model: MaskRcnn,
  params: Params,
  context: TrainingContext,
): Promise<Pick<TrainingRun, 'state' | 'tensors'>> {
  const state = initialState({
    phase: phasesOf(params)[0]!.name,
    batchSize: params.train.batch_size,
    trackingId: context.trackingId ?? null,
    pretrained: await loadPretrained(model.weights, params, context),
  });
  return { state, tensors: null };
}

/** What goes on from a checkpoint. One that was finished is not any more: the params may ask for more. */
function goOnFrom({ state, tensors }: Checkpoint): Pick<TrainingRun, 'state' | 'tensors'> {
  return { state: { ...structuredClone(state), finished: false }, tensors };
}

function createClock(secondsBefore: number): () => number {
  const startedMs = performance.now();
  return () => secondsBefore + (performance.now() - startedMs) / 1000;
}

function progressOf(
  params: Params,
  { epochs, steps }: { epochs: number; steps: number },
  { log, seconds }: { log: Log; seconds: () => number },
): Progress {
  const { max_minutes: limit } = params.train;
  const secondsLeft = () => (limit === null ? Infinity : limit * 60 - seconds());
  return createProgress(log, steps, epochs, () => 1000 * secondsLeft());
}
