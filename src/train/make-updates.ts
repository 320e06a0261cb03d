/**
 * One pass over the training split, or the rest of one.
 */
import { setImmediate } from 'node:timers/promises';
import { disposeBatch, toTensors } from '../data/batch.ts';
import type { BatchShape, HostBatch } from '../data/host-batch.ts';
import type { Loader } from '../data/loader.ts';
import type { PreparedImage } from '../data/prepared.ts';
import { trainingPass } from '../data/training-order.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import type { RunState } from './checkpoint/run-state.ts';
import type { TrainStep } from './engine/step.ts';
import { meanStepFigures, readStepFigures, type StepFigures } from './engine/step-figures.ts';
import type { ReportedStep } from './history.ts';
import type { RateGroups } from './phases/phases.ts';
import { learningRateAt, type Schedule } from './phases/schedule.ts';
import type { BadStep } from './trouble/bad-step.ts';
import { badTerms } from './trouble/bad-terms.ts';

/** Of an update that was made. */
export interface StepReport extends ReportedStep {
  /** Of the run, 1 for the first. */
  step: number;
  epoch: number;
  /** Buildings that had no place in the batch. */
  overflow: number;
}

/** What became of an update: made, not made because of a bad batch, or left out as `excluded` says. */
export type UpdateEvent<Bad> =
  | { kind: 'made'; step: number; report: StepReport }
  | { kind: 'bad'; step: number; bad: Bad }
  | { kind: 'excluded'; step: number };

/** What a pass needs. */
export interface UpdatesOptions<Bad> {
  loader: Loader;
  images: readonly PreparedImage[];
  shape: BatchShape;
  trainStep: TrainStep;
  /** Of the phase. */
  schedule: Schedule;
  /** Multiples of the schedule's rate by group of weights. */
  groups: RateGroups;
  params: Pick<Params, 'seed' | 'train' | 'augment'>;
  /** Which pass this is, how much of it is behind, and where in its phase and run. */
  place: Readonly<Pick<RunState, 'epoch' | 'updates' | 'steps' | 'stepsBeforePhase'>>;
  /** Multiplies every learning rate. */
  rateFactor: number;
  /** Steps that are not made. */
  excluded: readonly number[];
  /** Called with the first bad batch of an update, while it is there. */
  examine: (bad: BadStep) => Promise<Bad>;
  /** Share of the allowed time that is used up, 0-1; the pass ends after the step that reaches 1. */
  timeUsed: () => number;
  signal: AbortSignal;
}

/**
 * Runs the updates of a pass that are not behind yet, one event each: the means over the batches that made it. The last
 * update of a pass makes do with the batches that are left. A group of batches is gone through to its end also where one is
 * bad, for its last batch is what empties the sums of gradients.
 */
export async function* makeUpdates<Bad>(options: UpdatesOptions<Bad>): AsyncGenerator<UpdateEvent<Bad>> {
  const { params, place, schedule, timeUsed } = options;
  const { epoch } = place;
  if (place.updates > 0 && timeUsed() >= 1) return;
  let update = beginUpdate<Bad>();
  for await (const { batch, step, nth, last, waitedMs } of comingBatches(options)) {
    if (options.excluded.includes(step)) {
      if (last) yield { kind: 'excluded', step };
      continue;
    }
    const startMs = performance.now();
    const stepInPhase = step - place.stepsBeforePhase;
    const learningRate = options.rateFactor * learningRateAt(stepInPhase, schedule, timeUsed());
    const draw = (step - 1) * params.train.accumulation_steps + nth;
    const numbers = { learningRate, step: stepInPhase, last, seed: [params.seed, draw] as [number, number] };
    const figures = await runStep(options.trainStep, batch, numbers);
    update.figures.push(figures);
    update.overflow = Math.max(update.overflow, batch.overflow);
    update.waitedMs += waitedMs;
    update.ranMs += performance.now() - startMs;
    const terms = badTerms(figures, params.train.precision);
    if (terms.length > 0) {
      update.bad ??= { bad: await options.examine({ step, epoch, learningRate, batch, figures, terms }) };
    }
    if (!last) continue;
    yield update.bad
      ? { kind: 'bad', step, ...update.bad }
      : {
          kind: 'made',
          step,
          report: reportOf(update, { step, epoch, learningRate, batch }, options.groups),
        };
    if (timeUsed() >= 1) return;
    update = beginUpdate();
  }
}

/** A batch and the update that it is part of. */
interface ComingBatch {
  batch: HostBatch;
  /** Of the run, 1 for the first. */
  step: number;
  /** Among the batches of its update, 1 for the first. */
  nth: number;
  /** Whether its update is made with it. */
  last: boolean;
  /** How long nothing was there to compute with. */
  waitedMs: number;
}

async function* comingBatches<Bad>(options: UpdatesOptions<Bad>): AsyncGenerator<ComingBatch> {
  const { loader, images, shape, params, place, signal } = options;
  const together = params.train.accumulation_steps;
  const batches = Math.ceil(images.length / shape.batchSize);
  const stepsBeforePass = place.steps - place.updates;
  let index = place.updates * together;
  let waitingSinceMs = performance.now();
  const pass = { ...trainingPass(params, place.epoch), startBatch: index };
  for await (const batch of loader.training(images, shape, pass)) {
    const waitedMs = performance.now() - waitingSinceMs;
    // A compiled step blocks JavaScript: a signal that came meanwhile is heard here.
    await setImmediate();
    if (signal.aborted) return;
    const update = Math.floor(index / together) + 1;
    const nth = (index % together) + 1;
    index++;
    yield {
      batch,
      step: stepsBeforePass + update,
      nth,
      last: nth === together || index === batches,
      waitedMs,
    };
    waitingSinceMs = performance.now();
  }
}

/** What the batches of an update have said so far. */
interface UpdateUnderWay<Bad> {
  sinceMs: number;
  waitedMs: number;
  ranMs: number;
  figures: StepFigures[];
  overflow: number;
  bad: { bad: Bad } | null;
}

function beginUpdate<Bad>(): UpdateUnderWay<Bad> {
  return { sinceMs: performance.now(), waitedMs: 0, ranMs: 0, figures: [], overflow: 0, bad: null };
}

function reportOf(
  { sinceMs, waitedMs, ranMs, figures, overflow }: UpdateUnderWay<unknown>,
  { step, epoch, learningRate, batch }: Pick<BadStep, 'step' | 'epoch' | 'learningRate' | 'batch'>,
  groups: RateGroups,
): StepReport {
  const rates = Object.entries(groups).map(([name, multiple]) => [name, multiple * learningRate]);
  return {
    step,
    epoch,
    overflow,
    rates: Object.fromEntries(rates),
    figures: meanStepFigures(figures),
    imagesPerSecond: (1000 * batch.count * figures.length) / (performance.now() - sinceMs),
    seconds: { data: waitedMs / 1000, step: ranMs / 1000 },
  };
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
  try {
    return await readStepFigures(trainStep(inputs));
  } finally {
    disposeBatch(inputs.batch);
    tf.dispose([inputs.learningRate, inputs.step, inputs.last, inputs.seed]);
  }
}
