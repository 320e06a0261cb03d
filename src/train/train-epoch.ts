/**
 * One pass over the training split.
 */
import { setImmediate } from 'node:timers/promises';
import { disposeBatch, toTensors } from '../data/batch.ts';
import type { BatchShape, HostBatch } from '../data/host-batch.ts';
import type { Loader } from '../data/loader.ts';
import type { PreparedImage } from '../data/prepared.ts';
import { trainingPass } from '../data/training-order.ts';
import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import { tf } from '../system/tensorflow.ts';
import { learningRateAt, type Schedule } from './schedule.ts';
import type { StepOutputs, TrainStep } from './step.ts';

/** What a step said, as numbers. Terms as in `Losses`, before their weights. */
export type StepFigures = { [Name in keyof StepOutputs]: number };

/** After each step. */
export interface StepReport {
  step: number;
  figures: StepFigures;
  learningRate: number;
  imagesPerSecond: number;
  /** Buildings that had no place in the batch. */
  overflow: number;
}

/** What a pass needs. */
export interface EpochOptions {
  loader: Loader;
  images: readonly PreparedImage[];
  shape: BatchShape;
  trainStep: TrainStep;
  /** Of the phase. */
  schedule: Schedule;
  params: Pick<Params, 'seed' | 'train' | 'augment'>;
  /** 1 for the first. */
  epoch: number;
  /** Steps made before this pass. */
  stepsBefore: number;
  /** Those of them that were made before this phase: the optimizer and the schedule count from there. */
  stepsBeforePhase: number;
  /** Share of the allowed time that is used up, 0-1; the pass ends after the step that reaches 1. */
  timeUsed: () => number;
  signal: AbortSignal;
}

/**
 * Runs the updates of a pass, one report each: the means over the batches that made it. The last update of a pass makes do
 * with the batches that are left.
 * @throws UserError at the first loss that is not a finite number, and where float16 has no room for the gradients
 */
export async function* trainEpoch(options: EpochOptions): AsyncGenerator<StepReport> {
  const { loader, images, shape, params, epoch, schedule, stepsBeforePhase } = options;
  const together = params.train.accumulation_steps;
  const batches = Math.ceil(images.length / shape.batchSize);
  let [step, batchNumber] = [options.stepsBefore + 1, 0];
  let startedMs = performance.now();
  let done: StepFigures[] = [];
  let overflow = 0;
  let skippedUpdates = 0;
  for await (const batch of loader.training(images, shape, {
    ...trainingPass(params, epoch),
    startBatch: 0,
  })) {
    // A compiled step blocks JavaScript: a signal that came meanwhile is heard here.
    await setImmediate();
    if (options.signal.aborted) return;
    batchNumber++;
    const last = batchNumber % together === 0 || batchNumber === batches;
    const stepInPhase = step - stepsBeforePhase;
    const learningRate = learningRateAt(stepInPhase, schedule, options.timeUsed());
    const draw = options.stepsBefore * together + batchNumber;
    const figures = await runStep(options.trainStep, batch, {
      learningRate,
      step: stepInPhase,
      last,
      seed: [params.seed, draw],
    });
    assertFinite(figures, { step, batch, precision: params.train.precision });
    done.push(figures);
    overflow = Math.max(overflow, batch.overflow);
    if (!last) continue;
    skippedUpdates = done.every(({ gradientNorm }) => Number.isFinite(gradientNorm)) ? 0 : skippedUpdates + 1;
    if (skippedUpdates === MOST_SKIPPED) throw tooManySkipped(step);
    const elapsedMs = performance.now() - startedMs;
    startedMs = performance.now();
    const imagesPerSecond = (1000 * batch.count * done.length) / elapsedMs;
    yield { step, figures: meanFigures(done), learningRate, imagesPerSecond, overflow };
    if (options.timeUsed() >= 1) return;
    step++;
    [done, overflow] = [[], 0];
  }
}

function meanFigures(figures: readonly StepFigures[]): StepFigures {
  const names = Object.keys(figures[0]!) as (keyof StepFigures)[];
  const mean = (name: keyof StepFigures) => {
    // In float16 the norm of a batch may have overflowed.
    const finite = figures.map((values) => values[name]).filter(Number.isFinite);
    return finite.length > 0 ? finite.reduce((sum, value) => sum + value, 0) / finite.length : Number.NaN;
  };
  return Object.fromEntries(names.map((name) => [name, mean(name)])) as StepFigures;
}

interface StepNumbers {
  learningRate: number;
  step: number;
  last: boolean;
  seed: [number, number];
}

async function runStep(
  trainStep: TrainStep,
  batch: HostBatch,
  { learningRate, step, last, seed }: StepNumbers,
): Promise<StepFigures> {
  const inputs = {
    batch: toTensors(batch),
    learningRate: tf.scalar(learningRate),
    step: tf.scalar(step),
    last: tf.scalar(last, 'bool'),
    seed: tf.tensor1d(seed, 'int32'),
  };
  const outputs = trainStep(inputs);
  disposeBatch(inputs.batch);
  tf.dispose([inputs.learningRate, inputs.step, inputs.last, inputs.seed]);
  return readFigures(outputs);
}

/** Reads scalars and frees them. */
export async function readFigures<Name extends string>(
  scalars: Record<Name, tf.Scalar>,
): Promise<Record<Name, number>> {
  const figures: Partial<Record<Name, number>> = {};
  for (const name of Object.keys(scalars) as Name[]) {
    figures[name] = (await scalars[name].data())[0]!;
    scalars[name].dispose();
  }
  return figures as Record<Name, number>;
}

/** In a row. The loss scale is halved at each: from 65,536 it has long been 1, and the gradient itself does not fit into float16. */
const MOST_SKIPPED = 40;

function tooManySkipped(step: number): UserError {
  return new UserError(
    `Training stopped at step ${step}: the gradients of the last ${MOST_SKIPPED} updates did not fit into float16; ` +
      'use train.precision=bfloat16 or float32, or smaller weights of the loss',
  );
}

/** In float16 the gradient may overflow: the update is left out then, and the loss scale halved. */
function assertFinite(
  figures: StepFigures,
  { step, batch, precision }: { step: number; batch: HostBatch; precision: string },
): void {
  const watched = Object.entries(figures).filter(
    ([name]) => precision !== 'float16' || name !== 'gradientNorm',
  );
  const bad = watched.find(([, value]) => !Number.isFinite(value));
  if (!bad) return;
  const names = batch.sources.map(({ name }) => name).join(', ');
  throw new UserError(
    `Training stopped at step ${step}: ${bad[0]} is ${bad[1]}, expected a finite number; ` +
      `try a lower train.learning_rate or look at the images of this step: ${names}`,
  );
}
