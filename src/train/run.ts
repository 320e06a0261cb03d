/**
 * The train stage: prepared data in, the best model and its figures out.
 */
import { join } from 'node:path';
import type { Params } from '../params/schema.ts';
import type { MetricsRow } from '../tracking/tracker.ts';
import type { BestFigures, TrainingSummary } from './report.ts';
import { runPhase } from './run-phase.ts';
import { startRun, type TrainingContext, type TrainingRun } from './training-run.ts';
import type { Validation } from './validate.ts';

/**
 * Trains phase after phase for their epochs or `train.max_minutes`, validates after each pass, keeps the model with the
 * highest mask mAP as `best.safetensors`. Ends after the running step when the signal is aborted.
 * @throws UserError where prepared data or pretrained weights are missing or a loss is not finite
 */
export async function runTraining(params: Params, context: TrainingContext): Promise<TrainingSummary> {
  const run = await startRun(params, context);
  try {
    for (const phase of run.phases) {
      if (run.signal.aborted) break;
      const completed = await runPhase(run, phase);
      if (!completed) break;
    }
  } finally {
    run.progress.stop();
    await run.loader.close();
    run.model.dispose();
  }
  return summarize(run);
}

function summarize({ best, folder, history, steps, startedMs, tracker }: TrainingRun): TrainingSummary {
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
  validation: { loss, metrics, chosen },
}: {
  epoch: number;
  validation: Validation;
}): BestFigures {
  const { mask, boundary, iou, dice, precision, recall, f1, merged, split } = metrics;
  return {
    epoch,
    loss,
    mask_ap: mask.ap,
    mask_ap50: mask.ap50,
    boundary_ap: boundary.ap,
    iou,
    dice,
    score_threshold: chosen?.score ?? null,
    precision,
    recall,
    f1,
    merged_rate: merged.rate,
    split_rate: split.rate,
  };
}
