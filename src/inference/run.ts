/**
 * The inference stage: the best model on the untouched test split; pictures, figures and detections out.
 */
import { writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type BatchShape, batchShape } from '../data/host-batch.ts';
import { createLoader, type Loader } from '../data/loader.ts';
import { openPrepared } from '../data/open-prepared.ts';
import type { PreparedImage } from '../data/prepared.ts';
import { readStored } from '../data/read-stored.ts';
import { type PredictedImage, predictImages } from '../evaluate/images/predict-split.ts';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';
import { replaceFolder } from '../system/replace-folder.ts';
import type { Tracker } from '../tracking/tracker.ts';
import { comparisonPngOf } from '../visualize/comparison-of.ts';
import { measureTest, type TestEvaluation } from './measure-test.ts';
import { createPredictor, type Predictor } from './predictor.ts';
import { showTest } from './show-test.ts';
import type { InferenceSummary, ThresholdSource } from './summary.ts';
import { openTrainedModel, type TrainedModel } from './trained-model.ts';

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
  const threshold = chooseThreshold(params, trained, context.log);
  context.log.info(`Inference with ${file} on ${images.length} of ${splits.test.length} test images`);
  const predictor = await createPredictor(model, shapeOf(params), params);
  const loader = createLoader(params.data.workers);
  let evaluation: TestEvaluation | undefined;
  try {
    const fill = async (aside: string) => {
      const means = { ...context, predictor, loader, folder: aside, scoreThreshold: threshold.score };
      const predicted = await predictAndDraw(images, params, means);
      evaluation = await measureTest(predicted, params, { ...means, pictureName });
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

/** Where neither params nor training say, no threshold is better than another. */
const NEUTRAL_THRESHOLD = 0.5;

function chooseThreshold(
  { inference }: Params,
  { scoreThreshold, file }: TrainedModel,
  log: Log,
): { score: number; source: ThresholdSource } {
  if (inference.score_threshold !== null) return { score: inference.score_threshold, source: 'params' };
  if (scoreThreshold !== null) return { score: scoreThreshold, source: 'trained' };
  log.warn(
    `${file} names no score threshold (an earlier version trained it): ${NEUTRAL_THRESHOLD} is taken; ` +
      'set inference.score_threshold, or train again to have it chosen on valid',
  );
  return { score: NEUTRAL_THRESHOLD, source: 'default' };
}

function sayWait(folder: string, log: Log): (pid: number | null) => void {
  return (pid) =>
    log.info(`Waiting for another process${pid === null ? '' : ` (${pid})`} that is writing ${folder}`);
}

/** Batches as in training, without what only the loss looks at. */
function shapeOf(params: Params): BatchShape {
  return { ...batchShape(params), touchingDistance: null };
}

interface DrawingMeans extends InferenceContext {
  predictor: Predictor;
  loader: Loader;
  folder: string;
  scoreThreshold: number;
}

async function predictAndDraw(
  images: readonly PreparedImage[],
  params: Params,
  { log, tracker, signal, predictor, loader, folder, scoreThreshold }: DrawingMeans,
): Promise<PredictedImage[]> {
  const all: PredictedImage[] = [];
  const batches = loader.ordered(images, shapeOf(params));
  const maskThreshold = params.model.detection.mask_threshold;
  for await (const { predicted } of predictImages(predictor.predict, batches, maskThreshold)) {
    signal.throwIfAborted();
    for (const image of predicted) {
      const png = await comparisonPngOf(image, await readStored(image.source.bytes), scoreThreshold);
      await writeFile(join(folder, pictureName(image)), png);
      if (all.length < params.tracking.images) {
        tracker.show(0, `test/comparison_${all.length}`, { kind: 'picture', png, caption: image.name });
      }
      all.push(image);
    }
    log.info(`${all.length} of ${images.length} images`);
  }
  return all;
}

/** The image's own name, made unique by its number. */
function pictureName({ id, name }: Pick<PredictedImage, 'id' | 'name'>): string {
  return `${String(id).padStart(5, '0')}-${basename(name, extname(name))}.png`;
}
