/**
 * Cells beside the outline of a building, where masks are right or wrong.
 *
 * R regions · S side of a target · W width of the band in cells · K side of the stored instance masks
 */
import { type AssignedRegions, maskTargets } from '../ops/instance-masks.ts';
import { tf } from '../system/tensorflow.ts';

/** Sizes that decide where the band lies. */
export interface BandSize {
  /** S */
  size: number;
  /** W >= 1: cells on either side of the outline, also diagonally */
  width: number;
  /** Side of the image, pixels. */
  imageSize: number;
}

/**
 * 1 where a cell of the building and one of the ground both lie at most W cells away: dilation minus erosion of the target
 * by a square of 2W + 1 cells (the morphological gradient: Rivest, Soille & Beucher 1993, Journal of Electronic Imaging 2(4)).
 *
 * The frame of a region is no outline: the building is looked up W cells beyond it, so that the band is there when the
 * building ends at the frame, and not when it goes on. Nor is the edge of the square image, beyond which nothing is known.
 * @param masks [N·M, K, K] as for `maskTargets`
 * @returns [R, S, S] 0 or 1; without a gradient
 */
export function boundaryWeight(
  masks: tf.Tensor3D,
  regions: AssignedRegions,
  { size, width, imageSize }: BandSize,
): tf.Tensor3D {
  const wideSize = size + 2 * width;
  const boxes = widened(regions.boxes, width / size);
  const building = maskTargets(masks, { ...regions, boxes }, wideSize);
  // No building reaches beyond the image.
  const inImage = cellsInImage(boxes, wideSize, imageSize);
  const ground = tf.cast(inImage.greater(building), 'float32') as tf.Tensor3D;
  return dilate(building, width).mul(dilate(ground, width));
}

/** @param share of its sides by which each box grows in every direction */
function widened(boxes: tf.Tensor2D, share: number): tf.Tensor2D {
  const [low, high] = tf.split(boxes, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
  const margin = high.sub(low).mul(share);
  return tf.concat([low.sub(margin), high.add(margin)], 1) as tf.Tensor2D;
}

/** @returns [R, size, size] 1 where a cell's centre is inside the image, else 0 */
function cellsInImage(boxes: tf.Tensor2D, size: number, imageSize: number): tf.Tensor3D {
  const [low, high] = tf.split(boxes.expandDims(2), 2, 1) as [tf.Tensor3D, tf.Tensor3D];
  const steps = tf.tensor3d(
    Array.from({ length: size }, (_, i) => (i + 0.5) / size),
    [1, 1, size],
  );
  const centres = low.add(high.sub(low).mul(steps));
  const inside = tf.cast(centres.greater(0).logicalAnd(centres.less(imageSize)), 'float32');
  const [rows, columns] = tf.unstack(inside, 1) as [tf.Tensor2D, tf.Tensor2D];
  return rows.expandDims(2).mul(columns.expandDims(1));
}

/** Largest value within `width` cells. [R, S + 2W, S + 2W] → [R, S, S] */
function dilate(cells: tf.Tensor3D, width: number): tf.Tensor3D {
  const window = 2 * width + 1;
  return tf.maxPool(cells.expandDims(3) as tf.Tensor4D, window, 1, 'valid').squeeze([3]);
}
