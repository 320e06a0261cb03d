/**
 * One pass over the training split.
 */
import { disposeBatch, toTensors } from '../data/batch.ts';
import { type BatchShape, type HostBatch, trainingBatches } from '../data/loader.ts';
import type { PreparedImage } from '../data/prepared.ts';
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
  images: readonly PreparedImage[];
  shape: BatchShape;
  trainStep: TrainStep;
  schedule: Schedule;
  params: Pick<Params, 'seed' | 'train'>;
  /** 1 for the first. */
  epoch: number;
  /** Steps made before this pass. */
  stepsBefore: number;
  /** Share of the allowed time that is used up, 0-1; the pass ends after the step that reaches 1. */
  timeUsed: () => number;
  signal: AbortSignal;
}

/** Runs the steps of a pass, one report each. @throws UserError at the first loss that is not a finite number */
export async function* trainEpoch(options: EpochOptions): AsyncGenerator<StepReport> {
  const { images, shape, params, epoch, schedule } = options;
  const seed = [params.seed, 'train', epoch];
  let step = options.stepsBefore;
  let startedMs = performance.now();
  for await (const batch of trainingBatches(images, shape, { augment: params.train.augment, seed })) {
    if (options.signal.aborted) return;
    step++;
    const learningRate = learningRateAt(step, schedule, options.timeUsed());
    const figures = await runStep(options.trainStep, batch, { learningRate, step, seed: params.seed });
    assertFinite(figures, step, batch);
    const elapsedMs = performance.now() - startedMs;
    startedMs = performance.now();
    const imagesPerSecond = (1000 * batch.count) / elapsedMs;
    yield { step, figures, learningRate, imagesPerSecond, overflow: batch.overflow };
    if (options.timeUsed() >= 1) return;
  }
}

async function runStep(
  trainStep: TrainStep,
  batch: HostBatch,
  { learningRate, step, seed }: { learningRate: number; step: number; seed: number },
): Promise<StepFigures> {
  const inputs = {
    batch: toTensors(batch),
    learningRate: tf.scalar(learningRate),
    step: tf.scalar(step),
    seed: tf.tensor1d([seed, step], 'int32'),
  };
  const outputs = trainStep(inputs);
  disposeBatch(inputs.batch);
  tf.dispose([inputs.learningRate, inputs.step, inputs.seed]);
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

function assertFinite(figures: StepFigures, step: number, batch: HostBatch): void {
  const bad = Object.entries(figures).find(([, value]) => !Number.isFinite(value));
  if (!bad) return;
  const files = batch.sources.map(({ path }) => path).join(', ');
  throw new UserError(
    `Training stopped at step ${step}: ${bad[0]} is ${bad[1]}, expected a finite number; ` +
      `try a lower train.learning_rate or look at the images of this step: ${files}`,
  );
}
