/**
 * One phase of a run: its own optimizer and its own graphs, for it has its own learning weights.
 */
import { join } from 'node:path';
import { saveWeights } from '../model/checkpoint.ts';
import { hashParams, saveParams } from '../params/saved-params.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { MetricsRow } from '../tracking/tracker.ts';
import { isBetter } from './best.ts';
import { createEngine, type Engine } from './engine.ts';
import { meanRow, stepRow, validationRow, writeHistory } from './history.ts';
import { epochsOf, labelOf, type Phase } from './phases.ts';
import { describeGraphs, describePhase, epochLine } from './report.ts';
import { updatesPerEpoch } from './schedule.ts';
import { showValidation } from './show-validation.ts';
import { trainEpoch } from './train-epoch.ts';
import type { TrainingRun } from './training-run.ts';
import { createUpdate, type WeightUpdate } from './update.ts';
import { type Validation, validate } from './validate.ts';

/** A phase on its way. */
interface RunningPhase {
  phase: Phase;
  run: TrainingRun;
  update: WeightUpdate;
  engine: Engine;
  stepsBeforePhase: number;
  /** Share of the phase's part of `train.max_minutes` that is used up; 0 where there is no limit. */
  timeUsed: () => number;
}

/**
 * Trains for the phase's epochs or time, validates after each pass and keeps the best model. Leaves the weights as they
 * are at its end in the model.
 * @returns false when the run was stopped
 */
export async function runPhase(run: TrainingRun, phase: Phase): Promise<boolean> {
  const timeUsed = startClock(run, phase);
  const weights = run.model.weights.variables;
  const update = createUpdate(weights, run.params.train, phase.multiples(weights.keys()));
  try {
    if (phase.name !== 'train') run.progress.line(describePhase(phase, update.learning));
    const engine = await createEngine(run.model, update, run.shape, run.params);
    try {
      if (engine.origin) run.progress.line(describeGraphs(engine.origin, run.params));
      const running = { phase, run, update, engine, stepsBeforePhase: run.steps, timeUsed };
      const completed = await runEpochs(running);
      if (completed) engine.fetchWeights();
      return completed;
    } finally {
      engine.dispose();
    }
  } finally {
    update.dispose();
  }
}

/** Phases share what is left of the time as they share the epochs that are left. */
function startClock({ params, startedMs, phases }: TrainingRun, phase: Phase): () => number {
  if (params.train.max_minutes === null) return () => 0;
  const share = phase.epochs / epochsOf(phases.slice(phases.indexOf(phase)));
  const nowMs = performance.now();
  const allowedMs = (startedMs + params.train.max_minutes * 60_000 - nowMs) * share;
  return () => (performance.now() - nowMs) / Math.max(1, allowedMs);
}

async function runEpochs(running: RunningPhase): Promise<boolean> {
  const { run, phase, engine, timeUsed } = running;
  for (let pass = 1; pass <= phase.epochs; pass++) {
    const epoch = run.history.length + 1;
    const trained = await runEpoch(running, epoch);
    const validation = run.signal.aborted ? null : await validate(engine.validate, run.splits.valid, run);
    if (!validation) return false;
    await recordEpoch(running, epoch, trained, validation);
    if (timeUsed() >= 1) {
      const isLast = phase === run.phases.at(-1);
      const minutes = `train.max_minutes (${run.params.train.max_minutes})`;
      run.progress.line(
        isLast
          ? `Stopped: ${minutes} is over`
          : `Phase ${labelOf(phase.name)} ends: its share of ${minutes} is over`,
      );
      break;
    }
  }
  return true;
}

/** @returns the mean of the steps' figures; {} when the run was stopped before the first */
async function runEpoch(
  { run, phase, engine, stepsBeforePhase, timeUsed }: RunningPhase,
  epoch: number,
): Promise<MetricsRow> {
  const rows: MetricsRow[] = [];
  for await (const report of trainEpoch({
    loader: run.loader,
    images: run.splits.train,
    shape: run.shape,
    params: run.params,
    signal: run.signal,
    trainStep: engine.train,
    schedule: scheduleOf(run, phase),
    stepsBefore: run.steps,
    stepsBeforePhase,
    epoch,
    timeUsed,
  })) {
    run.steps = report.step;
    const row = stepRow(report);
    rows.push(row);
    run.tracker.log(report.step, { epoch, phase: phase.number, ...row });
    const { figures, imagesPerSecond } = report;
    const place = { epoch, phase: phase.name === 'train' ? null : labelOf(phase.name) };
    run.progress.update(report.step, { ...place, loss: figures.total, imagesPerSecond });
    if (report.overflow > 0) sayOverflow(run, report.overflow);
  }
  return meanRow(rows);
}

function scheduleOf({ splits, params }: TrainingRun, { rates, epochs }: Phase) {
  const totalSteps = epochs * updatesPerEpoch(splits.train.length, params.train);
  const { learning_rate: peak, min_learning_rate: min, warmup_steps: warmupSteps } = rates;
  return { peak, min, warmupSteps, totalSteps };
}

function sayOverflow(run: TrainingRun, overflow: number): void {
  if (run.overflowSaid) return;
  run.overflowSaid = true;
  run.progress.line(
    `data.max_instances (${run.params.data.max_instances}) is too small: ${overflow} buildings of one batch, the ` +
      'smallest, count as background; raise it to train on them',
  );
}

async function recordEpoch(
  running: RunningPhase,
  epoch: number,
  trained: MetricsRow,
  validation: Validation,
): Promise<void> {
  const { run, phase } = running;
  const place = { epoch, phase: phase.number };
  const row = { ...place, step: run.steps, ...trained, ...validationRow(validation) };
  run.history.push(row);
  run.tracker.log(run.steps, { ...place, ...validationRow(validation) });
  await showValidation(run.tracker, validation, { step: run.steps, epoch });
  const improved = isBetter(validation, run.best?.validation ?? null);
  if (improved) await saveBest(running, epoch, validation);
  await writeHistory(run.folder, run.history);
  run.progress.line(epochLine(epoch, epochsOf(run.phases), row, improved));
}

async function saveBest(
  { run, engine, update }: RunningPhase,
  epoch: number,
  validation: Validation,
): Promise<void> {
  run.best = { epoch, validation };
  // Params first: inference recognises a model that was not yet written, by the hash in its metadata.
  await saveParams(join(run.folder, 'params.yaml'), run.params);
  const metadata = {
    epoch: `${epoch}`,
    step: `${run.steps}`,
    params: hashParams(run.params),
    data: run.dataHash,
    ...(validation.chosen && { score_threshold: `${validation.chosen.score}` }),
    ...(run.pretrained && {
      pretrained: run.pretrained.source,
      pretrained_sha256: run.pretrained.sha256,
    }),
  };
  engine.fetchAverages();
  await saveWeights(join(run.folder, 'best.safetensors'), { variables: update.averages }, metadata);
  const metrics = { epoch, step: run.steps, loss: validation.loss, ...validation.metrics };
  await writeFileAtomic(join(run.folder, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
}
