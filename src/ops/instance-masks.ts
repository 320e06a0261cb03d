/**
 * Mask targets: what the mask head should say about a region.
 *
 * N images · M ground-truth slots · K side of the stored instance masks · R regions · S side of a target
 */
import { tf } from '../system/tensorflow.ts';

/** Regions, each with the building that it stands for. */
export interface AssignedRegions {
  /** [R, 4] pixels */
  boxes: tf.Tensor2D;
  /** [R, 4] pixels: the building's box */
  gtBoxes: tf.Tensor2D;
  /** [R] int32: the building's row among the masks */
  rows: tf.Tensor1D;
}

/**
 * Cuts each region's part out of the instance mask of its building. torchvision does the same on masks of the whole
 * image (`project_masks_on_boxes`); here a mask is kept in the frame of its box, which is small and, for buildings
 * of fewer than K pixels, finer than the image. Differences: sampled at the centres of the target's cells, made 0 or 1.
 * @param masks [N·M, K, K] coverage in 0-1, each in the frame of its building's box
 * @returns [R, S, S] 0 or 1; 0 outside of the building's box
 */
export function maskTargets(masks: tf.Tensor3D, regions: AssignedRegions, size: number): tf.Tensor3D {
  const K = masks.shape[1];
  const framed = tf
    .pad(masks, [
      [0, 0],
      [1, 1],
      [1, 1],
    ])
    .expandDims(3) as tf.Tensor4D;
  const boxes = cellCentresInFrame(regions.boxes, regions.gtBoxes, size, K);
  const crops = tf.image.cropAndResize(framed, boxes, regions.rows, [size, size], 'bilinear', 0);
  return tf.cast(crops.squeeze([3]).greaterEqual(0.5), 'float32') as tf.Tensor3D;
}

/**
 * First and last cell centre of each region in `cropAndResize`'s units on the mask with its frame of one zero cell:
 * position u in 0..K on the mask is place u + 0.5 among the K + 2 centres.
 */
function cellCentresInFrame(regions: tf.Tensor2D, frames: tf.Tensor2D, size: number, K: number): tf.Tensor2D {
  const [y1, x1, y2, x2] = tf.unstack(regions, 1) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  const [fy1, fx1, fy2, fx2] = tf.unstack(frames, 1) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  const axis = (low: tf.Tensor, high: tf.Tensor, frameLow: tf.Tensor, frameHigh: tf.Tensor) => {
    const half = high.sub(low).div(2 * size);
    const scale = tf.divNoNan(tf.scalar(K), frameHigh.sub(frameLow));
    const place = (at: tf.Tensor) =>
      at
        .sub(frameLow)
        .mul(scale)
        .add(0.5)
        .div(K + 1);
    return [place(low.add(half)), place(high.sub(half))] as const;
  };
  const [top, bottom] = axis(y1, y2, fy1, fy2);
  const [left, right] = axis(x1, x2, fx1, fx2);
  return tf.stack([top, left, bottom, right], 1) as tf.Tensor2D;
}
