/**
 * The train stage: prepared data in, the best model and its figures out.
 */
import { join } from 'node:path';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { batchShape } from '../data/loader.ts';
import { openPrepared } from '../data/open-prepared.ts';
import { saveWeights } from '../model/checkpoint.ts';
import { createMaskRcnn } from '../model/mask-rcnn.ts';
import { hashParams, saveParams } from '../params/saved-params.ts';
import type { Params } from '../params/schema.ts';
import { assertWritable, writeFileAtomic } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { tf } from '../system/tensorflow.ts';
import type { MetricsRow, Tracker } from '../tracking/tracker.ts';
import { comparisonPngOf } from '../visualize/comparison-of.ts';
import { isBetter } from './best.ts';
import { doubtsAbout } from './doubts.ts';
import { createEngine } from './engine.ts';
import { type History, meanRow, stepRow, validationRow, writeHistory } from './history.ts';
import { createProgress } from './progress.ts';
import { type BestFigures, describeGraphs, describeRun, epochLine, type TrainingSummary } from './report.ts';
import { trainEpoch } from './train-epoch.ts';
import { createUpdate } from './update.ts';
import { type Validation, validate } from './validate.ts';

/** What the train stage may use of the process. */
export interface TrainingContext {
  log: Log;
  tracker: Tracker;
  /** Aborted when the user stops the run. */
  signal: AbortSignal;
}

/**
 * Trains for `train.epochs` or `train.max_minutes`, validates after each pass, keeps the model with the highest mask mAP
 * as `best.safetensors`. Ends after the running step when the signal is aborted.
 * @throws UserError where prepared data is missing or a loss is not finite
 */
export async function runTraining(params: Params, context: TrainingContext): Promise<TrainingSummary> {
  const run = await startRun(params, context);
  try {
    for (let epoch = 1; epoch <= params.train.epochs; epoch++) {
      const trained = await runEpoch(run, epoch);
      const validation = context.signal.aborted
        ? null
        : await validate(run.engine.validate, run.splits.valid, run);
      if (!validation) break;
      await recordEpoch(run, epoch, trained, validation);
      if (run.timeUsed() >= 1) {
        run.progress.line(`Stopped: train.max_minutes (${params.train.max_minutes}) is over`);
        break;
      }
    }
  } finally {
    run.progress.stop();
    run.engine.dispose();
    run.update.dispose();
    run.model.dispose();
  }
  return summarize(run);
}

/** What a run carries from epoch to epoch. */
type Run = Awaited<ReturnType<typeof startRun>>;

async function startRun(params: Params, context: TrainingContext) {
  const { splits, manifest } = await openPrepared(params.paths.prepared);
  const folder = join(params.paths.runs, 'train');
  await assertWritable(folder);
  const shape = batchShape(params);
  const model = createMaskRcnn(params);
  const update = createUpdate(model.weights.variables, params.train);
  context.log.info(describeRun(model, splits, params));
  const hasGpu = (tf.backend() as NodeJSKernelBackend).isUsingGpuDevice;
  for (const doubt of doubtsAbout(params, { trainImages: splits.train.length, hasGpu }))
    context.log.warn(doubt);
  const engine = await createEngine(model, update, shape, params);
  if (engine.origin) context.log.info(describeGraphs(engine.origin, params));
  const totalSteps = params.train.epochs * updatesPerEpoch(splits.train.length, params.train);
  const startedMs = performance.now();
  return {
    ...context,
    params,
    splits,
    shape,
    model,
    update,
    engine,
    trainStep: engine.train,
    schedule: scheduleOf(params.train, totalSteps),
    progress: createProgress(context.log, totalSteps, params.train.epochs),
    folder,
    dataHash: manifest.hash,
    startedMs,
    /** Share of `train.max_minutes`; 0 where there is no limit. */
    timeUsed: () =>
      (performance.now() - startedMs) / ((params.train.max_minutes ?? Number.POSITIVE_INFINITY) * 60_000),
    history: [] as History,
    steps: 0,
    best: null as { epoch: number; validation: Validation } | null,
    overflowSaid: false,
  };
}

function updatesPerEpoch(images: number, train: Params['train']): number {
  return Math.ceil(Math.ceil(images / train.batch_size) / train.accumulation_steps);
}

function scheduleOf(train: Params['train'], totalSteps: number) {
  const { learning_rate: peak, min_learning_rate: min, warmup_steps: warmupSteps } = train;
  return { peak, min, warmupSteps, totalSteps };
}

/** @returns the mean of the steps' figures; {} when the run was stopped before the first */
async function runEpoch(run: Run, epoch: number): Promise<MetricsRow> {
  const rows: MetricsRow[] = [];
  for await (const report of trainEpoch({
    ...run,
    images: run.splits.train,
    epoch,
    stepsBefore: run.steps,
  })) {
    run.steps = report.step;
    const row = stepRow(report);
    rows.push(row);
    run.tracker.log(report.step, { epoch, ...row });
    const { figures, imagesPerSecond } = report;
    run.progress.update(report.step, { epoch, loss: figures.total, imagesPerSecond });
    if (report.overflow > 0) sayOverflow(run, report.overflow);
  }
  return meanRow(rows);
}

function sayOverflow(run: Run, overflow: number): void {
  if (run.overflowSaid) return;
  run.overflowSaid = true;
  run.progress.line(
    `data.max_instances (${run.params.data.max_instances}) is too small: ${overflow} buildings of one batch, the ` +
      'smallest, count as background; raise it to train on them',
  );
}

async function recordEpoch(
  run: Run,
  epoch: number,
  trained: MetricsRow,
  validation: Validation,
): Promise<void> {
  const row = { epoch, step: run.steps, ...trained, ...validationRow(validation) };
  run.history.push(row);
  run.tracker.log(run.steps, { epoch, ...validationRow(validation) });
  for (const [i, example] of validation.examples.entries()) {
    const png = await comparisonPngOf(example, run.params.evaluate.score_threshold);
    run.tracker.image(run.steps, `valid/comparison_${i}`, png, `epoch ${epoch}, image ${example.id}`);
  }
  const improved = isBetter(validation, run.best?.validation ?? null);
  if (improved) await saveBest(run, epoch, validation);
  await writeHistory(run.folder, run.history);
  run.progress.line(epochLine(epoch, run.params.train.epochs, row, improved));
}

async function saveBest(run: Run, epoch: number, validation: Validation): Promise<void> {
  run.best = { epoch, validation };
  // Params first: inference recognises a model that was not yet written, by the hash in its metadata.
  await saveParams(join(run.folder, 'params.yaml'), run.params);
  const metadata = {
    epoch: `${epoch}`,
    step: `${run.steps}`,
    params: hashParams(run.params),
    data: run.dataHash,
  };
  run.engine.fetchAverages();
  await saveWeights(join(run.folder, 'best.safetensors'), { variables: run.update.averages }, metadata);
  const metrics = { epoch, step: run.steps, loss: validation.loss, ...validation.metrics };
  await writeFileAtomic(join(run.folder, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
}

function summarize({ best, folder, history, steps, startedMs, tracker }: Run): TrainingSummary {
  const figures = best && bestFigures(best);
  if (figures) tracker.summary(prefixed('best/', figures));
  return {
    model: best && join(folder, 'best.safetensors'),
    params: best && join(folder, 'params.yaml'),
    history: best && join(folder, 'history.json'),
    curves: best && join(folder, 'curves.svg'),
    epochs: history.length,
    steps,
    seconds: (performance.now() - startedMs) / 1000,
    best: figures,
  };
}

function prefixed(prefix: string, figures: BestFigures): MetricsRow {
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [`${prefix}${key}`, value]));
}

function bestFigures({
  epoch,
  validation: { loss, metrics },
}: {
  epoch: number;
  validation: Validation;
}): BestFigures {
  const { mask, iou, dice } = metrics;
  return { epoch, loss, mask_ap: mask.ap, mask_ap50: mask.ap50, iou, dice };
}
