/**
 * The learning-rate range test: a short training in which the rate grows from almost nothing until the loss breaks out, to
 * see where it falls fastest. Smith 2017, §3.3 — https://arxiv.org/abs/1506.01186. It leaves no model behind.
 */
import { join } from 'node:path';
import { batchShape } from '../../data/host-batch.ts';
import { createLoader } from '../../data/loader.ts';
import { openPrepared } from '../../data/open-prepared.ts';
import type { PreparedImage } from '../../data/prepared.ts';
import { createMaskRcnn, type MaskRcnn } from '../../model/mask-rcnn.ts';
import type { Params } from '../../params/schema.ts';
import { UserError } from '../../system/errors.ts';
import { assertWritable, writeFileAtomic } from '../../system/files.ts';
import type { Log } from '../../system/log.ts';
import { rangeCurveSvg } from '../../visualize/range-curve.ts';
import { createEngine } from '../engine/engine.ts';
import { createUpdate } from '../engine/update.ts';
import { makeUpdates, type UpdateEvent, type UpdatesOptions } from '../make-updates.ts';
import { type Phase, phasesOf } from '../phases/phases.ts';
import { type Schedule, updatesPerEpoch } from '../phases/schedule.ts';
import { loadPretrained } from '../pretrained.ts';
import { createProgress, type Progress } from '../progress.ts';
import { describeGraphs } from '../report.ts';
import {
  beforeBreakout,
  lowestRate,
  type RangePoint,
  type SmoothedPoint,
  smoothLosses,
  steepestRate,
  watchBreakout,
} from './range-suggestion.ts';

/** From where to where, and in how many updates. */
export interface RangeOptions {
  /** Lowest rate, above 0. */
  from: number;
  /** Highest rate, above the lowest. */
  to: number;
  /** Updates, 10 or more. */
  steps: number;
}

/** What the test may use of the process. */
interface RangeContext {
  log: Log;
  /** Aborted when the user stops it. */
  signal: AbortSignal;
}

/** What was found; the content of `range.json`, but for the points. */
export interface RangeSummary {
  /** The key whose value is looked for. */
  key: string;
  /** Its value in the params. */
  current: number;
  /** Where the loss falls most steeply; null where it does not fall. */
  suggestion: number | null;
  /** Where the smoothed loss is lowest before it breaks out: more is too much. */
  lowest: number | null;
  /** Updates made. */
  steps: number;
  /** Why there are no more: the loss broke out, or was no number; null where the highest rate was reached. */
  stopped: 'diverged' | 'not_finite' | null;
  /** Paths. */
  range: string;
  curve: string;
}

/**
 * Trains the first phase on real batches of training, without validation, and writes `range.json` and `curve.svg` into
 * `runs/range_test`.
 * @throws UserError where prepared data or pretrained weights are missing; the signal's reason where that is aborted
 */
export async function runRangeTest(
  params: Params,
  options: RangeOptions,
  context: RangeContext,
): Promise<RangeSummary> {
  const { splits } = await openPrepared(params.paths.prepared);
  if (splits.train.length === 0) {
    throw new UserError(
      `${params.paths.prepared} has no images to train on; prepare other data with \`aerial data-prep\``,
    );
  }
  const folder = join(params.paths.runs, 'range_test');
  await assertWritable(folder);
  const phase = phasesOf(params)[0]!;
  const model = createMaskRcnn(params);
  try {
    await loadPretrained(model.weights, params, context);
    const { points, stopped } = await climb({ model, phase, images: splits.train, params }, options, context);
    context.signal.throwIfAborted();
    return await writeResult({ points: smoothLosses(points, options.steps), stopped }, phase, folder);
  } finally {
    model.dispose();
  }
}

/** What is trained. */
interface Subject {
  model: MaskRcnn;
  phase: Phase;
  images: readonly PreparedImage[];
  params: Params;
}

interface Climb {
  points: RangePoint[];
  stopped: RangeSummary['stopped'];
}

async function climb(
  { model, phase, images, params }: Subject,
  { from, to, steps }: RangeOptions,
  { log, signal }: RangeContext,
): Promise<Climb> {
  const weights = model.weights.variables;
  const update = createUpdate(weights, params.train, phase.multiples(weights.keys()));
  const loader = createLoader(params.data.workers);
  const progress = createProgress(
    log,
    steps,
    Math.ceil(steps / updatesPerEpoch(images.length, params.train)),
  );
  const schedule: Schedule = {
    peak: to,
    min: from,
    warmupSteps: 0,
    totalSteps: steps,
    shape: 'exponential',
    decay: params.train.step_decay,
  };
  try {
    const engine = await createEngine(model, update, batchShape(params), params);
    try {
      if (engine.origin) progress.line(describeGraphs(engine.origin, params));
      const means = { loader, images, params, schedule, signal, trainStep: engine.train };
      return await collectPoints(updatesOf(means), steps, progress);
    } finally {
      engine.dispose();
    }
  } finally {
    progress.stop();
    await loader.close();
    update.dispose();
  }
}

/** Updates as training makes them, pass after pass, until nobody wants more. */
async function* updatesOf(
  means: Pick<UpdatesOptions<null>, 'loader' | 'images' | 'params' | 'schedule' | 'signal' | 'trainStep'> & {
    params: Params;
  },
): AsyncGenerator<UpdateEvent<null>> {
  const always = {
    groups: { base: 1 },
    rateFactor: 1,
    excluded: [],
    timeUsed: () => 0,
    examine: async () => null,
  };
  let steps = 0;
  for (let epoch = 1; !means.signal.aborted; epoch++) {
    const place = { epoch, updates: 0, steps, stepsBeforePhase: 0 };
    for await (const event of makeUpdates({ ...means, ...always, shape: batchShape(means.params), place })) {
      steps = event.step;
      yield event;
    }
  }
}

/** @param steps at most so many updates, fewer where the loss breaks out or is no number */
async function collectPoints(
  updates: AsyncIterable<UpdateEvent<null>>,
  steps: number,
  progress: Progress,
): Promise<Climb> {
  const points: RangePoint[] = [];
  const hasBrokenOut = watchBreakout();
  for await (const event of updates) {
    if (event.kind !== 'made') return { points, stopped: 'not_finite' };
    const { step, epoch, rates, figures, imagesPerSecond, seconds } = event.report;
    const loss = figures.losses.total;
    points.push({ step, learningRate: rates.base!, loss });
    progress.update(step, { epoch, phase: null, loss, imagesPerSecond, seconds });
    if (hasBrokenOut(loss)) return { points, stopped: 'diverged' };
    if (step === steps) break;
  }
  return { points, stopped: null };
}

async function writeResult(
  { points, stopped }: { points: readonly SmoothedPoint[]; stopped: RangeSummary['stopped'] },
  phase: Phase,
  folder: string,
): Promise<RangeSummary> {
  const sound = beforeBreakout(points);
  const summary: RangeSummary = {
    key: `train.${phase.name === 'train' ? '' : `transfer.${phase.name}.`}learning_rate`,
    current: phase.rates.learning_rate,
    suggestion: steepestRate(sound),
    lowest: lowestRate(sound),
    steps: points.length,
    stopped,
    range: join(folder, 'range.json'),
    curve: join(folder, 'curve.svg'),
  };
  const { range, curve, ...found } = summary;
  const rows = points.map(({ step, learningRate, loss, smoothed }) => ({
    step,
    learning_rate: learningRate,
    loss,
    smoothed,
  }));
  await writeFileAtomic(range, `${JSON.stringify({ ...found, points: rows }, null, 2)}\n`);
  await writeFileAtomic(curve, await rangeCurveSvg(points, summary));
  return summary;
}
