/**
 * Figures of the model on the validation split: the loss on the same terms as in training, and COCO's metrics.
 */
import { disposeBatch, toTensors } from '../data/batch.ts';
import type { BatchShape, HostBatch } from '../data/loader.ts';
import type { PreparedImage } from '../data/prepared.ts';
import { evaluateDetections, type Metrics } from '../evaluate/evaluate-detections.ts';
import { type PredictedImage, predictImages } from '../evaluate/predict-split.ts';
import { maskRcnnLoss } from '../loss/mask-rcnn-loss.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import { readFigures } from './train-epoch.ts';

/** Result of a pass over the validation split. */
export interface Validation {
  /** Mean of the weighted loss over the batches. */
  loss: number;
  metrics: Metrics;
  /** The first images with their detections, as many as `tracking.images`. */
  examples: PredictedImage[];
}

/**
 * Predicts all images and measures; hands `tracking.images` examples back.
 * @returns null when the signal was aborted on the way: half a validation says nothing
 */
export async function validate(
  model: MaskRcnn,
  images: readonly PreparedImage[],
  { shape, params, signal }: { shape: BatchShape; params: Params; signal: AbortSignal },
): Promise<Validation | null> {
  const all: PredictedImage[] = [];
  let [lossSum, imageCount] = [0, 0];
  for await (const { batch, predicted } of predictImages(model, images, shape, params.model)) {
    if (signal.aborted) return null;
    lossSum += (await lossOf(model, batch, params)) * batch.real;
    imageCount += batch.real;
    all.push(...predicted);
  }
  const { max_detections: maxDetections, score_threshold: scoreThreshold } = params.evaluate;
  const metrics = evaluateDetections(all, { maxDetections, scoreThreshold });
  return { loss: lossSum / imageCount, metrics, examples: all.slice(0, params.tracking.images) };
}

/** The same draw of anchors and regions at every validation, so that losses can be compared. */
async function lossOf(model: MaskRcnn, batch: HostBatch, params: Params): Promise<number> {
  const tensors = toTensors(batch);
  const losses = tf.tidy(() => maskRcnnLoss(model, tensors, tf.tensor1d([params.seed, 0], 'int32'), params));
  disposeBatch(tensors);
  return (await readFigures(losses)).total;
}
