/**
 * The map of touching buildings, seen from the cells of a mask.
 *
 * N images of H x H pixels · R regions · S cells on each axis of a region
 */
import type { Regions } from '../ops/roi-align.ts';
import { tf } from '../system/tensorflow.ts';

/**
 * The map's values at the centres of the cells, interpolated between pixel centres; beyond the outermost of these the
 * edge goes on. Cells larger than the map's σ step over parts of it.
 * @param map [N, H, H] in 0–1
 * @param regions boxes in pixels, inside the image
 * @returns [R, S, S] in 0–1; without a gradient
 */
export function touchingWeight(map: tf.Tensor3D, regions: Regions, size: number): tf.Tensor3D {
  const edge: [number, number] = [1, 1];
  const extended = tf.mirrorPad(map.expandDims(3), [[0, 0], edge, edge, [0, 0]], 'symmetric') as tf.Tensor4D;
  const boxes = cellCentres(regions.boxes, size)
    .add(0.5)
    .div(map.shape[1] + 1) as tf.Tensor2D;
  const { imageIndices } = regions;
  return tf.image.cropAndResize(extended, boxes, imageIndices, [size, size], 'bilinear', 0).squeeze([3]);
}

/** First and last cell centre of each region, [R, 4] pixels. */
function cellCentres(boxes: tf.Tensor2D, size: number): tf.Tensor2D {
  const [low, high] = tf.split(boxes, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  const half = high.sub(low).div(2 * size);
  return tf.concat([low.add(half), high.sub(half)], 1) as tf.Tensor2D;
}
