import { join } from 'node:path';
import { loadTensorFlow } from '../system/load-tensorflow.ts';
import { formatTrainingSummary } from '../train/report.ts';
import { printResult, readParams, type StageContext, type StageOptions, withTracker } from './stage.ts';

/** `aerial train`: results in `runs/train`, the headline on stdout. */
export async function train(options: StageOptions, context: StageContext): Promise<void> {
  const params = await readParams(options);
  // Only now, so that wrong params are told at once and not after TensorFlow has loaded.
  await loadTensorFlow({ device: params.device, deterministic: params.train.deterministic });
  const { runTraining } = await import('../train/run.ts');
  const folder = join(params.paths.runs, 'train');
  const summary = await withTracker(params, { ...context, stage: 'train', folder }, (tracker) =>
    runTraining(params, { ...context, tracker }),
  );
  printResult(summary, options, formatTrainingSummary);
}
