/**
 * Figures of the model on the validation split: the loss on the same terms as in training, and COCO's metrics.
 */
import type { Batch } from '../data/batch.ts';
import type { BatchShape } from '../data/host-batch.ts';
import type { Loader } from '../data/loader.ts';
import type { PreparedImage } from '../data/prepared.ts';
import { evaluateDetections, type Metrics } from '../evaluate/evaluate-detections.ts';
import { type PredictedImage, predictImages } from '../evaluate/predict-split.ts';
import type { Losses } from '../loss/losses.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import { readFigures } from './train-epoch.ts';
import type { ValidationStep } from './validation-step.ts';

/** Result of a pass over the validation split. */
export interface Validation {
  /** Mean of the weighted loss over the batches. */
  loss: number;
  metrics: Metrics;
  /** The first images with their detections, as many as `tracking.images`. */
  examples: PredictedImage[];
}

/** What a validation uses of a run. */
interface ValidationMeans {
  loader: Loader;
  shape: BatchShape;
  params: Params;
  signal: AbortSignal;
}

/**
 * Predicts all images and measures; hands `tracking.images` examples back.
 * @param step with the weights that are to be validated
 * @returns null when the signal was aborted on the way: half a validation says nothing
 */
export async function validate(
  step: ValidationStep,
  images: readonly PreparedImage[],
  { loader, shape, params, signal }: ValidationMeans,
): Promise<Validation | null> {
  const all: PredictedImage[] = [];
  let [lossSum, imageCount] = [0, 0];
  let losses: Losses | undefined;
  const predict = (batch: Batch) => {
    const seed = tf.tensor1d([params.seed, 0], 'int32');
    const outputs = step({ batch, seed });
    seed.dispose();
    losses = outputs.losses;
    return outputs.predictions;
  };
  const batches = loader.ordered(images, shape);
  const maskThreshold = params.model.detection.mask_threshold;
  for await (const { batch, predicted } of predictImages(predict, batches, maskThreshold)) {
    const { total } = await readFigures(losses!);
    if (signal.aborted) return null;
    lossSum += total * batch.real;
    imageCount += batch.real;
    all.push(...predicted);
  }
  const { max_detections: maxDetections, score_threshold: scoreThreshold } = params.evaluate;
  const metrics = evaluateDetections(all, { maxDetections, scoreThreshold });
  return { loss: lossSum / imageCount, metrics, examples: all.slice(0, params.tracking.images) };
}
