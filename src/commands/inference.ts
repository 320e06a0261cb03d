import { join } from 'node:path';
import { outOfMemoryError } from '../inference/out-of-memory.ts';
import { formatInferenceSummary } from '../inference/summary.ts';
import { loadTensorFlow } from '../system/load-tensorflow.ts';
import { isOutOfMemory } from '../system/out-of-memory.ts';
import { printResult, readParams, type StageContext, type StageOptions, withTracker } from './stage.ts';

/** `aerial inference`: comparison images and metrics in `runs/inference_results`, the headline on stdout. */
export async function inference(options: StageOptions, context: StageContext): Promise<void> {
  const params = await readParams(options);
  // Only now, so that wrong params are told at once and not after TensorFlow has loaded.
  await loadTensorFlow({ device: params.device, deterministic: false });
  const { runInference } = await import('../inference/run.ts');
  const folder = join(params.paths.runs, 'inference');
  const summary = await withTracker(params, { ...context, stage: 'inference', folder }, (tracker) =>
    runInference(params, { ...context, tracker }).catch((error: unknown) => {
      throw isOutOfMemory(error) ? outOfMemoryError(error, params) : error;
    }),
  );
  printResult(summary, options, formatInferenceSummary);
}
