/**
 * The inference stage: the best model on the untouched test split; pictures, figures and detections out.
 */
import { join } from 'node:path';
import { type BatchShape, batchShape } from '../data/host-batch.ts';
import { createLoader } from '../data/loader.ts';
import { openPrepared } from '../data/open-prepared.ts';
import { predictImages } from '../evaluate/images/predict-split.ts';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';
import { replaceFolder } from '../system/replace-folder.ts';
import type { Tracker } from '../tracking/tracker.ts';
import { measureTest, type TestEvaluation } from './measure-test.ts';
import { createPredictor } from './predictor.ts';
import { resolveThreshold } from './resolve-threshold.ts';
import { showTest } from './show-test.ts';
import type { InferenceSummary } from './summary.ts';
import { openTrainedModel } from './trained-model.ts';

/** What the inference stage may use of the process. */
export interface InferenceContext {
  log: Log;
  tracker: Tracker;
  /** Aborted when the user stops the run. */
  signal: AbortSignal;
}

/**
 * Writes `runs/inference_results` anew: one PNG an image, the report, figures, tables, predictions and ground truth.
 * The folder is replaced only when everything has succeeded.
 * @throws UserError where the model or the data is missing; the signal's reason when it is aborted
 */
export async function runInference(params: Params, context: InferenceContext): Promise<InferenceSummary> {
  const { splits, manifest } = await openPrepared(params.paths.prepared);
  const images = splits.test.slice(0, params.inference.max_images ?? splits.test.length);
  const folder = join(params.paths.runs, 'inference_results');
  const trained = await openTrainedModel(params);
  const { model, file } = trained;
  if (trained.dataHash !== manifest.hash) {
    context.log.warn(
      `${file} was trained on other prepared data: its training images may be among these test images`,
    );
  }
  const threshold = resolveThreshold(params, trained, context.log);
  context.log.info(`Inference with ${file} on ${images.length} of ${splits.test.length} test images`);
  const predictor = await createPredictor(model, shapeOf(params), params);
  const loader = createLoader(params.data.workers);
  let evaluation: TestEvaluation | undefined;
  try {
    const fill = async (aside: string) => {
      const batches = loader.ordered(images, shapeOf(params));
      const predicted = predictImages(predictor.predict, batches, params.model.detection.mask_threshold);
      const means = { ...context, images, folder: aside, scoreThreshold: threshold.score };
      evaluation = await measureTest(predicted, params, means);
    };
    await replaceFolder(folder, fill, { onWait: sayWait(folder, context.log), signal: context.signal });
  } finally {
    await loader.close();
    predictor.dispose();
    model.dispose();
  }
  await showTest(context.tracker, evaluation!, folder);
  return {
    folder,
    pictures: images.length,
    metrics_file: join(folder, 'metrics.json'),
    predictions_file: join(folder, 'predictions.json'),
    report_file: join(folder, 'report.html'),
    threshold_source: threshold.source,
    metrics: evaluation!.metrics,
  };
}

function sayWait(folder: string, log: Log): (pid: number | null) => void {
  return (pid) =>
    log.info(`Waiting for another process${pid === null ? '' : ` (${pid})`} that is writing ${folder}`);
}

/** Batches as in training, without what only the loss looks at. */
function shapeOf(params: Params): BatchShape {
  return { ...batchShape(params), touchingDistance: null };
}
