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
import { predictionsToCoco } from '../evaluate/coco-results.ts';
import { evaluateDetections, type Metrics } from '../evaluate/evaluate-detections.ts';
import { type PredictedImage, predictImages } from '../evaluate/predict-split.ts';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';
import { replaceFolder } from '../system/replace-folder.ts';
import type { Tracker } from '../tracking/tracker.ts';
import { comparisonPngOf } from '../visualize/comparison-of.ts';
import { createPredictor, type Predictor } from './predictor.ts';
import { openTrainedModel } from './trained-model.ts';

/** What the inference stage may use of the process. */
export interface InferenceContext {
  log: Log;
  tracker: Tracker;
  /** Aborted when the user stops the run. */
  signal: AbortSignal;
}

/** What was written where, and the figures. */
export interface InferenceSummary {
  folder: string;
  pictures: number;
  metrics_file: string;
  predictions_file: string;
  metrics: Metrics;
}

/**
 * Writes `runs/inference_results` anew: one PNG an image, `metrics.json` and `predictions.json` (COCO results with RLE).
 * The folder is replaced only when everything has succeeded.
 * @throws UserError where the model or the data is missing; the signal's reason when it is aborted
 */
export async function runInference(params: Params, context: InferenceContext): Promise<InferenceSummary> {
  const { splits, manifest } = await openPrepared(params.paths.prepared);
  const images = splits.test.slice(0, params.inference.max_images ?? splits.test.length);
  const folder = join(params.paths.runs, 'inference_results');
  const { model, file, dataHash } = await openTrainedModel(params);
  if (dataHash !== manifest.hash) {
    context.log.warn(
      `${file} was trained on other prepared data: its training images may be among these test images`,
    );
  }
  context.log.info(`Inference with ${file} on ${images.length} of ${splits.test.length} test images`);
  const predictor = await createPredictor(model, shapeOf(params), params);
  const loader = createLoader(params.data.workers);
  let metrics: Metrics | undefined;
  try {
    const fill = async (aside: string) => {
      const predicted = await predictAndDraw(images, params, {
        ...context,
        predictor,
        loader,
        folder: aside,
      });
      const { max_detections: maxDetections, score_threshold: scoreThreshold } = params.evaluate;
      metrics = evaluateDetections(predicted, { maxDetections, scoreThreshold });
      await writeFile(join(aside, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
      await writeFile(join(aside, 'predictions.json'), `${JSON.stringify(predictionsToCoco(predicted))}\n`);
    };
    const onWait = (pid: number | null) =>
      context.log.info(
        `Waiting for another process${pid === null ? '' : ` (${pid})`} that is writing ${folder}`,
      );
    await replaceFolder(folder, fill, { onWait, signal: context.signal });
  } finally {
    await loader.close();
    predictor.dispose();
    model.dispose();
  }
  return summarize(folder, images.length, metrics!, context.tracker);
}

/** Batches as in training, without what only the loss looks at. */
function shapeOf(params: Params): BatchShape {
  return { ...batchShape(params), touchingDistance: null };
}

interface DrawingMeans {
  predictor: Predictor;
  loader: Loader;
  folder: string;
}

async function predictAndDraw(
  images: readonly PreparedImage[],
  params: Params,
  { log, tracker, signal, predictor, loader, folder }: InferenceContext & DrawingMeans,
): Promise<PredictedImage[]> {
  const all: PredictedImage[] = [];
  const batches = loader.ordered(images, shapeOf(params));
  const maskThreshold = params.model.detection.mask_threshold;
  for await (const { predicted } of predictImages(predictor.predict, batches, maskThreshold)) {
    signal.throwIfAborted();
    for (const image of predicted) {
      const encoded = await readStored(image.source.bytes);
      const png = await comparisonPngOf(image, encoded, params.inference.score_threshold);
      await writeFile(join(folder, pictureName(image)), png);
      if (all.length < params.tracking.images)
        tracker.image(0, `test/comparison_${all.length}`, png, `image ${image.id}`);
      all.push(image);
    }
    log.info(`${all.length} of ${images.length} images`);
  }
  return all;
}

/** The image's own name, made unique by its number. */
function pictureName({ source }: PredictedImage): string {
  return `${String(source.id).padStart(5, '0')}-${basename(source.name, extname(source.name))}.png`;
}

function summarize(folder: string, pictures: number, metrics: Metrics, tracker: Tracker): InferenceSummary {
  tracker.summary({
    'test/mask_ap': metrics.mask.ap,
    'test/mask_ap50': metrics.mask.ap50,
    'test/box_ap': metrics.box.ap,
    'test/box_ap50': metrics.box.ap50,
    'test/iou': metrics.iou,
    'test/dice': metrics.dice,
  });
  return {
    folder,
    pictures,
    metrics_file: join(folder, 'metrics.json'),
    predictions_file: join(folder, 'predictions.json'),
    metrics,
  };
}

/** Lines for people. */
export function formatInferenceSummary({ folder, pictures, metrics }: InferenceSummary): string {
  const show = (value: number | null) => (value === null ? '-' : value.toFixed(3));
  return [
    `On test (${metrics.images} images, ${metrics.buildings} buildings):`,
    `  mask mAP ${show(metrics.mask.ap)}, mAP50 ${show(metrics.mask.ap50)}; ` +
      `box mAP ${show(metrics.box.ap)}, mAP50 ${show(metrics.box.ap50)}; ` +
      `IoU ${show(metrics.iou)}, Dice ${show(metrics.dice)}`,
    `${pictures} pictures, metrics.json and predictions.json in ${folder}`,
  ].join('\n');
}
