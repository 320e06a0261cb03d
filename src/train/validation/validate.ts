/**
 * Figures of the model on the validation split: the loss on the same terms as in training, and all that is measured on
 * the test split later, with the score threshold that suits this split best.
 */
import type { Batch } from '../../data/batch.ts';
import type { BatchShape } from '../../data/host-batch.ts';
import type { Loader } from '../../data/loader.ts';
import type { PreparedImage } from '../../data/prepared.ts';
import { createImageStore } from '../../evaluate/coco-files/image-store.ts';
import { evaluateImages } from '../../evaluate/evaluate-images.ts';
import { type PredictedImage, predictImages } from '../../evaluate/images/predict-split.ts';
import type { Curves, Metrics } from '../../evaluate/metrics.ts';
import type { ThresholdPoint } from '../../evaluate/threshold/threshold.ts';
import type { Losses } from '../../loss/losses.ts';
import type { Params } from '../../params/schema.ts';
import { tf } from '../../system/tensorflow.ts';
import { type Exhibits, gatherExhibits } from '../../visualize/gather-exhibits.ts';
import { readFigures } from '../engine/step-figures.ts';
import type { ValidationStep } from '../engine/validation-step.ts';

/** Result of a pass over the validation split. */
export interface Validation extends Exhibits<PredictedImage> {
  /** Mean of the weighted loss over the batches. */
  loss: number;
  metrics: Metrics;
  curves: Curves;
  /** The score threshold with the highest F1; null where no detection is right. */
  chosen: ThresholdPoint | null;
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
  const store = createImageStore<PredictedImage>();
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
    for (const image of predicted) store.add(image);
  }
  const measured = await measure(store.images, params, signal);
  return measured && { loss: lossSum / imageCount, ...measured };
}

/** @param images gone through twice, for the threshold */
async function measure(
  images: Iterable<PredictedImage>,
  params: Params,
  signal: AbortSignal,
): Promise<Omit<Validation, 'loss'> | null> {
  const gatherer = gatherExhibits<PredictedImage>(params.tracking.images);
  try {
    const { metrics, curves, chosen } = await evaluateImages(images, {
      maxDetections: params.evaluate.max_detections,
      scoreThreshold: null,
      onOutcome: gatherer.add,
      signal,
    });
    return { metrics, curves, chosen, ...gatherer.exhibits() };
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}
