/**
 * The train stage: prepared data in, the best model and its figures out.
 */
import { join } from 'node:path';
import type { Params } from '../params/schema.ts';
import type { MetricsRow } from '../tracking/tracker.ts';
import type { Checkpoint } from './checkpoint/checkpoint-file.ts';
import { bestModelPath } from './checkpoint/checkpoint-folder.ts';
import type { BestModel } from './checkpoint/run-state.ts';
import { openRun, phaseOf, type TrainingContext, type TrainingRun } from './open-run.ts';
import type { Phase } from './phases/phases.ts';
import { type BestFigures, describeNewest, describePause, type TrainingSummary } from './report.ts';
import { runPhase } from './run-phase.ts';
import { restoreResults } from './validation/results.ts';

/**
 * Trains phase after phase for their epochs or `train.max_minutes`, validates after each pass, keeps the model with the
 * highest mask mAP as `best.safetensors`. Ends after the running step when the signal is aborted. Checkpoints in
 * `runs/train/checkpoints` hold all that it takes to go on as if it had not been stopped.
 * @param resume the checkpoint to go on from, see `findCheckpoint`; null = anew
 * @throws UserError where prepared data or pretrained weights are missing, or a loss is not finite and the params say stop
 */
export async function runTraining(
  params: Params,
  context: TrainingContext,
  resume: Checkpoint | null = null,
): Promise<TrainingSummary> {
  const run = await openRun(params, context, resume);
  try {
    if (resume) await restoreResults(run);
    while (!run.signal.aborted) {
      const phase = phaseOf(run);
      const completed = await runPhase(run, phase);
      if (!completed || run.state.finished) break;
      enterPhase(run, run.phases[run.phases.indexOf(phase) + 1]!);
    }
  } finally {
    run.machine.stop();
    run.progress.stop();
    await run.loader.close();
    run.model.dispose();
    sayWhereItStands(run);
  }
  return summarize(run);
}

function enterPhase(run: TrainingRun, { name }: Phase): void {
  const { steps, epoch } = run.state;
  run.state = {
    ...run.state,
    phase: name,
    stepsBeforePhase: steps,
    epochsBeforePhase: epoch - 1,
    secondsBeforePhase: run.seconds(),
    validationsWithoutGain: 0,
  };
}

/** Where it was stopped, or something went wrong. */
function sayWhereItStands({ store, signal, log }: TrainingRun): void {
  const newest = store.newest();
  if (!newest || newest.state.finished) return;
  log.info(signal.aborted ? describePause(newest, store.folder) : describeNewest(newest));
}

function summarize(run: TrainingRun): TrainingSummary {
  const { folder, store, tracker, resumedFrom } = run;
  const { best, history, steps, finished } = run.state;
  const figures = best && bestFigures(best);
  if (figures) tracker.summary(prefixed('best/', figures));
  const newest = store.newest();
  return {
    model: best && bestModelPath(run.params),
    params: best && join(folder, 'params.yaml'),
    history: best && join(folder, 'history.json'),
    curves: best && join(folder, 'curves.svg'),
    checkpoints: newest && store.folder,
    finished,
    resumed_from: resumedFrom,
    epochs: history.length,
    steps,
    seconds: run.seconds(),
    weights_sha256: newest?.tensorsSha256 ?? null,
    best: figures,
  };
}

function prefixed(prefix: string, figures: BestFigures): MetricsRow {
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [`${prefix}${key}`, value]));
}

function bestFigures({ epoch, loss, metrics, scoreThreshold }: BestModel): BestFigures {
  const { mask, boundary, iou, dice, precision, recall, f1, merged, split } = metrics;
  return {
    epoch,
    loss,
    mask_ap: mask.ap,
    mask_ap50: mask.ap50,
    boundary_ap: boundary.ap,
    iou,
    dice,
    score_threshold: scoreThreshold,
    precision,
    recall,
    f1,
    merged_rate: merged.rate,
    split_rate: split.rate,
  };
}
