/**
 * The train stage: prepared data in, the best model and its figures out.
 */
import { join } from 'node:path';
import { batchShape } from '../data/loader.ts';
import { openPrepared } from '../data/open-prepared.ts';
import type { Split } from '../data/prepared.ts';
import { saveWeights } from '../model/checkpoint.ts';
import { createMaskRcnn, type MaskRcnn } from '../model/mask-rcnn.ts';
import { formatParams } from '../params/format.ts';
import type { Params } from '../params/schema.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import type { MetricsRow, Tracker } from '../tracking/tracker.ts';
import { comparisonPngOf } from '../visualize/comparison-of.ts';
import { type History, meanRow, stepRow, validationRow, writeHistory } from './history.ts';
import { createOptimizer } from './optimizer.ts';
import { createProgress, formatDuration, type Progress } from './progress.ts';
import { createTrainStep } from './step.ts';
import { trainEpoch } from './train-epoch.ts';
import { validate, type Validation } from './validate.ts';

/** What the train stage may use of the process. */
export interface TrainingContext {
  log: Log;
  tracker: Tracker;
  /** Aborted when the user stops the run. */
  signal: AbortSignal;
}

/** What was written where, and the figures of the best model on the validation split. */
export interface TrainingSummary {
  /** The best model's file; null when the run was stopped before its first validation. */
  model: string | null;
  params: string;
  history: string;
  curves: string;
  epochs: number;
  steps: number;
  seconds: number;
  best: { epoch: number; loss: number; mask_ap: number | null; mask_ap50: number | null; iou: number | null; dice: number | null } | null;
}

/**
 * Trains for `train.epochs` or `train.max_minutes`, validates after each pass, keeps the model with the highest mask mAP
 * as `best.safetensors`. Ends after the running step when the signal is aborted.
 * @throws UserError where prepared data is missing or a loss is not finite
 */
export async function runTraining(params: Params, context: TrainingContext): Promise<TrainingSummary> {
  const run = await startRun(params, context);
  const startedMs = performance.now();
  const timeUsed = () => elapsedShare(startedMs, params.train.max_minutes);
  try {
    for (let epoch = 1; epoch <= params.train.epochs; epoch++) {
      const trained = await runEpoch(run, epoch, timeUsed);
      if (context.signal.aborted || trained === null) break;
      const validation = await validate(run.model, run.splits.valid, run.shape, params, params.tracking.images);
      await recordEpoch(run, epoch, trained, validation);
      if (timeUsed() >= 1) {
        run.progress.line(`train.max_minutes (${params.train.max_minutes}) is over: stopped in epoch ${epoch}`);
        break;
      }
    }
  } finally {
    run.progress.stop();
    run.model.dispose();
    run.optimizer.dispose();
  }
  return summarize(run, (performance.now() - startedMs) / 1000);
}

/** What a run carries from epoch to epoch. */
type Run = Awaited<ReturnType<typeof startRun>>;

async function startRun(params: Params, { log, tracker, signal }: TrainingContext) {
  const { splits } = await openPrepared(params.paths.prepared);
  const shape = batchShape(params);
  const model = createMaskRcnn(params);
  const optimizer = createOptimizer(model.weights, params.train);
  const stepsPerEpoch = Math.ceil(splits.train.length / shape.batchSize);
  const totalSteps = stepsPerEpoch * params.train.epochs;
  const folder = join(params.paths.runs, 'train');
  log.info(describe(model, splits, params));
  return {
    params,
    log,
    tracker,
    signal,
    splits,
    shape,
    model,
    optimizer,
    trainStep: createTrainStep(model, optimizer, params),
    schedule: {
      peak: params.train.learning_rate,
      min: params.train.min_learning_rate,
      warmupSteps: params.train.warmup_steps,
      totalSteps,
    },
    progress: createProgress(log, totalSteps, params.train.epochs) as Progress,
    folder,
    history: [] as History,
    steps: 0,
    best: null as { epoch: number; validation: Validation } | null,
    overflowSaid: false,
  };
}

function describe(model: MaskRcnn, splits: Record<Split, readonly unknown[]>, params: Params): string {
  const weights = [...model.weights.variables.values()].reduce((sum, { size }) => sum + size, 0);
  return (
    `Training ${params.train.model_type} (${(weights / 1e6).toFixed(2)} M weights) on ${splits.train.length} images ` +
    `at ${params.data.image_size} px, ${splits.valid.length} for validation`
  );
}

/** @returns the mean of the steps' figures; null when not one step was made */
async function runEpoch(run: Run, epoch: number, timeUsed: () => number): Promise<MetricsRow | null> {
  const rows: MetricsRow[] = [];
  const { params, shape, trainStep, schedule, signal } = run;
  const images = run.splits.train;
  const options = { images, shape, trainStep, schedule, params, epoch, stepsBefore: run.steps, timeUsed, signal };
  for await (const report of trainEpoch(options)) {
    run.steps = report.step;
    const row = stepRow(report);
    rows.push(row);
    run.tracker.log(report.step, { epoch, ...row });
    const { figures, imagesPerSecond } = report;
    run.progress.update(report.step, { epoch, loss: figures.total, imagesPerSecond });
    if (report.overflow > 0) sayOverflow(run, report.overflow);
  }
  return rows.length > 0 ? meanRow(rows) : null;
}

function sayOverflow(run: Run, overflow: number): void {
  if (run.overflowSaid) return;
  run.overflowSaid = true;
  run.progress.line(
    `data.max_instances (${run.params.data.max_instances}) is too small: ${overflow} buildings of one batch were left ` +
      'out, the smallest; raise it to train on them',
  );
}

async function recordEpoch(run: Run, epoch: number, trained: MetricsRow, validation: Validation): Promise<void> {
  const row = validationRow(validation);
  run.history.push({ epoch, step: run.steps, ...trained, ...row });
  run.tracker.log(run.steps, { epoch, ...row });
  for (const [i, example] of validation.examples.entries()) {
    const png = await comparisonPngOf(example, run.params.evaluate.score_threshold);
    run.tracker.image(run.steps, `valid/comparison_${i}`, png, `epoch ${epoch}, image ${example.id}`);
  }
  const improved = isBetter(validation, run.best?.validation ?? null);
  if (improved) await saveBest(run, epoch, validation);
  await writeHistory(run.folder, run.history);
  run.progress.line(epochLine(run, epoch, trained, validation, improved));
}

/** Higher mask mAP; where both have the same (0 at first), the lower loss. */
function isBetter(candidate: Validation, best: Validation | null): boolean {
  if (!best) return true;
  const gain = (candidate.metrics.mask.ap ?? 0) - (best.metrics.mask.ap ?? 0);
  return gain > 0 || (gain === 0 && candidate.loss < best.loss);
}

async function saveBest(run: Run, epoch: number, validation: Validation): Promise<void> {
  run.best = { epoch, validation };
  await saveWeights(join(run.folder, 'best.safetensors'), run.model.weights, { epoch: `${epoch}`, step: `${run.steps}` });
  await writeFileAtomic(join(run.folder, 'params.yaml'), formatParams(run.params));
  const metrics = { epoch, step: run.steps, loss: validation.loss, ...validation.metrics };
  await writeFileAtomic(join(run.folder, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
}

function epochLine(run: Run, epoch: number, trained: MetricsRow, validation: Validation, improved: boolean): string {
  const { mask, iou, dice } = validation.metrics;
  return (
    `epoch ${epoch}/${run.params.train.epochs} · train loss ${figure(trained['train/loss'])} · ` +
    `valid loss ${figure(validation.loss)} · mask mAP ${figure(mask.ap)} · mAP50 ${figure(mask.ap50)} · ` +
    `IoU ${figure(iou)} · Dice ${figure(dice)}${improved ? ' · best so far, saved' : ''}`
  );
}

function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toFixed(3);
}

function elapsedShare(startedMs: number, maxMinutes: number | null): number {
  return maxMinutes === null ? 0 : (performance.now() - startedMs) / (maxMinutes * 60_000);
}

function summarize(run: Run, seconds: number): TrainingSummary {
  const { best, folder } = run;
  const figures = best && {
    epoch: best.epoch,
    loss: best.validation.loss,
    mask_ap: best.validation.metrics.mask.ap,
    mask_ap50: best.validation.metrics.mask.ap50,
    iou: best.validation.metrics.iou,
    dice: best.validation.metrics.dice,
  };
  if (figures) run.tracker.summary(Object.fromEntries(Object.entries(figures).map(([key, value]) => [`best/${key}`, value])));
  return {
    model: best && join(folder, 'best.safetensors'),
    params: join(folder, 'params.yaml'),
    history: join(folder, 'history.json'),
    curves: join(folder, 'curves.svg'),
    epochs: run.history.length,
    steps: run.steps,
    seconds,
    best: figures,
  };
}

/** Lines for people. */
export function formatTrainingSummary({ model, best, curves, steps, seconds }: TrainingSummary): string {
  if (!best) return `Stopped after ${steps} steps, before the first validation: no model was kept`;
  return [
    `Trained ${steps} steps in ${formatDuration(seconds * 1000)}`,
    `Best model (epoch ${best.epoch}): ${model}`,
    `  on valid: mask mAP ${figure(best.mask_ap)}, mAP50 ${figure(best.mask_ap50)}, IoU ${figure(best.iou)}, Dice ${figure(best.dice)}`,
    `Curves: ${curves}`,
    'Next: aerial inference',
  ].join('\n');
}
