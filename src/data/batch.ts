/**
 * A minibatch as tensors: what the network trains on. All shapes are static, so that a step can be compiled.
 *
 * N images of H x H pixels · M = data.max_instances · K = data.instance_mask_size
 * T = H, or 1 where the loss does not ask for touching buildings
 */
import { tf } from '../system/tensorflow.ts';
import { type BatchShape, type HostBatch, touchingSize } from './host-batch.ts';

/** Padded minibatch on the device. */
export type Batch = {
  /** [N, H, H, 3] RGB in 0–1 */
  images: tf.Tensor4D;
  /** [N, M, 4] pixels of the fitted image */
  boxes: tf.Tensor3D;
  /** [N, M, K, K] coverage in 0–1, in the frame of each box */
  masks: tf.Tensor4D;
  /** [N, M] 1 = a building, 0 = padding */
  valid: tf.Tensor2D;
  /** [N, T, T] in 0–1: how close two buildings are to each pixel (`touchingMap`) */
  touching: tf.Tensor3D;
};

/**
 * A batch on the device. On a CPU it may be the batch's own memory: the caller disposes it with `disposeBatch` before that is used
 * again (`Loader`).
 */
export function toTensors(batch: HostBatch): Batch {
  const { count, imageSize, maxInstances, maskSize, touchingSize: T } = batch;
  return {
    images: tf.tensor4d(batch.images, [count, imageSize, imageSize, 3]),
    boxes: tf.tensor3d(batch.boxes, [count, maxInstances, 4]),
    masks: tf.tensor4d(batch.masks, [count, maxInstances, maskSize, maskSize]),
    valid: tf.tensor2d(batch.valid, [count, maxInstances]),
    touching: tf.tensor3d(batch.touching, [count, T, T]),
  };
}

/** A batch of nothing: what a function of batches is compiled for. The caller disposes it with `disposeBatch`. */
export function exampleBatch(shape: BatchShape): Batch {
  const { batchSize, imageSize, maxInstances, maskSize } = shape;
  const T = touchingSize(shape);
  return {
    images: tf.zeros([batchSize, imageSize, imageSize, 3]),
    boxes: tf.zeros([batchSize, maxInstances, 4]),
    masks: tf.zeros([batchSize, maxInstances, maskSize, maskSize]),
    valid: tf.zeros([batchSize, maxInstances]),
    touching: tf.zeros([batchSize, T, T]),
  };
}

/** Frees the tensors of a batch. */
export function disposeBatch(batch: Batch): void {
  tf.dispose([batch.images, batch.boxes, batch.masks, batch.valid, batch.touching]);
}
