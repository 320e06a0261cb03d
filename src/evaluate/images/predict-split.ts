/**
 * The model's detections on prepared images, in the pixels of the original images.
 */
import { type Batch, disposeBatch, toTensors } from '../../data/batch.ts';
import type { HostBatch } from '../../data/host-batch.ts';
import { fitLetterbox, type Letterbox } from '../../data/letterbox.ts';
import type { PreparedImage } from '../../data/prepared.ts';
import { pasteMask } from '../../masks/paste.ts';
import type { Predictions } from '../../model/predict.ts';
import type { Detection, EvaluatedImage } from './detections.ts';
import { truthOf } from './truth.ts';

/** One image after prediction. */
export interface PredictedImage extends EvaluatedImage {
  source: PreparedImage;
}

/** Predictions of a batch's images; the caller disposes them. */
export type PredictBatch = (batch: Batch) => Predictions;

/**
 * Detections of every image, in order.
 * @param maskThreshold 0–1: a pixel whose probability is above it belongs to the building
 */
export async function* predictImages(
  predict: PredictBatch,
  batches: AsyncIterable<HostBatch>,
  maskThreshold: number,
): AsyncGenerator<{ batch: HostBatch; predicted: PredictedImage[] }> {
  for await (const batch of batches) {
    const tensors = toTensors(batch);
    const predictions = await readPredictions(predict(tensors));
    disposeBatch(tensors);
    const predicted = batch.sources.slice(0, batch.real).map((source, n) => ({
      source,
      id: source.id,
      name: source.name,
      origin: source.origin,
      width: source.width,
      height: source.height,
      truth: truthOf(source),
      detections: detectionsOf(predictions, n, source, { imageSize: batch.imageSize, maskThreshold }),
    }));
    yield { batch, predicted };
  }
}

/** `Predictions` in host memory. */
interface HostPredictions {
  boxes: Float32Array;
  scores: Float32Array;
  valid: Float32Array;
  masks: Float32Array;
  /** D and S */
  slots: number;
  maskSize: number;
}

async function readPredictions(predictions: Predictions): Promise<HostPredictions> {
  const { boxes, scores, valid, masks } = predictions;
  const read = async (tensor: { data(): Promise<unknown>; dispose(): void }) => {
    const values = (await tensor.data()) as Float32Array;
    tensor.dispose();
    return values;
  };
  const [slots, maskSize] = [valid.shape[1], masks.shape[2]];
  return {
    boxes: await read(boxes),
    scores: await read(scores),
    valid: await read(valid),
    masks: await read(masks),
    slots,
    maskSize,
  };
}

function detectionsOf(
  predictions: HostPredictions,
  n: number,
  image: PreparedImage,
  { imageSize, maskThreshold }: { imageSize: number; maskThreshold: number },
): Detection[] {
  const { slots, maskSize } = predictions;
  const letterbox = fitLetterbox(image, imageSize);
  const found: Detection[] = [];
  for (let d = n * slots; d < (n + 1) * slots; d++) {
    if (predictions.valid[d] === 0) continue;
    const box = toImagePixels(predictions.boxes.subarray(d * 4, d * 4 + 4), letterbox, image);
    const probabilities = predictions.masks.subarray(d * maskSize ** 2, (d + 1) * maskSize ** 2);
    const mask = pasteMask(probabilities, box, [image.height, image.width], maskThreshold);
    found.push({ box, score: predictions.scores[d]!, mask });
  }
  return found;
}

/** Undoes the letterbox and clips to the image. */
function toImagePixels(box: Float32Array, letterbox: Letterbox, image: PreparedImage): Detection['box'] {
  const y = (at: number) => Math.min(image.height, Math.max(0, at / letterbox.scaleY));
  const x = (at: number) => Math.min(image.width, Math.max(0, at / letterbox.scaleX));
  return [y(box[0]!), x(box[1]!), y(box[2]!), x(box[3]!)];
}
