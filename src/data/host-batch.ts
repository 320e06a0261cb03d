/**
 * A padded minibatch in host memory, and its sizes. Knows nothing of TensorFlow.
 *
 * N images of H x H pixels · M = maxInstances · K = maskSize · T = touchingSize
 */
import type { Params } from '../params/schema.ts';
import type { PreparedImage } from './prepared.ts';

/** Padded minibatch in host memory, which is shared between threads. */
export interface HostBatch {
  /** N */
  count: number;
  /** The images, in order. */
  sources: PreparedImage[];
  /** How many of `sources` count; those behind only fill the batch up. */
  real: number;
  imageSize: number;
  maxInstances: number;
  maskSize: number;
  touchingSize: number;
  /** [N, H, H, 3] RGB in 0–1 */
  images: Float32Array;
  /** [N, M, 4] [y1, x1, y2, x2] pixels of the fitted image */
  boxes: Float32Array;
  /** [N, M, K, K] coverage in 0–1 */
  masks: Float32Array;
  /** [N, M] 1 = a building, 0 = padding */
  valid: Float32Array;
  /** [N, T, T] in 0–1: `touchingMap` of all buildings of the image, also of those beyond M; 0 where none is wanted */
  touching: Float32Array;
  /** Buildings beyond M that were left out (the smallest). */
  overflow: number;
}

/** Sizes of a batch; `batchSize` is N. */
export interface BatchShape {
  batchSize: number;
  imageSize: number;
  maxInstances: number;
  maskSize: number;
  /** σ of the map of touching buildings in pixels; null = none is wanted, and none is made. */
  touchingDistance: number | null;
}

/** The shape that params ask for. */
export function batchShape({ train, data, loss }: Params): BatchShape {
  return {
    batchSize: train.batch_size,
    imageSize: data.image_size,
    maxInstances: data.max_instances,
    maskSize: data.instance_mask_size,
    touchingDistance: loss.touching_weight > 0 ? loss.touching_distance : null,
  };
}

/** Sides of the square, in pixels, in which training shows its batches, growing: one, or those of multi-scale training. */
export function trainingSizes({ train, data }: Pick<Params, 'train' | 'data'>): readonly number[] {
  return train.image_sizes ?? [data.image_size];
}

/** T, the side of the map of touching buildings: that of the image, or 1 where none is wanted. */
export function touchingSize({ imageSize, touchingDistance }: BatchShape): number {
  return touchingDistance === null ? 1 : imageSize;
}
