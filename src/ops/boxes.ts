/**
 * Box geometry. Boxes are [y1, x1, y2, x2] in pixels with y1 <= y2, x1 <= x2.
 *
 * B batch dimensions (none or [N]) · N, M numbers of boxes
 */
import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, runKernel } from './kernel.ts';

/** Pixels of an image. */
export type Extent = readonly [height: number, width: number];

/**
 * @param boxes [..., 4]
 * @returns [...] square pixels; 0 for an empty or inverted box
 */
export function boxArea(boxes: tf.Tensor): tf.Tensor {
  const [y1, x1, y2, x2] = tf.unstack(boxes, -1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  return tf.relu(y2.sub(y1)).mul(tf.relu(x2.sub(x1)));
}

/**
 * Pairwise intersection over union. It has no gradient.
 * @param a [N, 4] or [B, N, 4]
 * @param b [M, 4] or [B, M, 4]
 * @returns [N, M] or [B, N, M] in [0, 1]; 0 where a box is empty (never NaN)
 */
export function boxIou(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [ay1, ax1, ay2, ax2] = tf.unstack(a.expandDims(-2), -1) as Edges;
  const [by1, bx1, by2, bx2] = tf.unstack(b.expandDims(-3), -1) as Edges;
  const height = tf.relu(tf.minimum(ay2, by2).sub(tf.maximum(ay1, by1)));
  const width = tf.relu(tf.minimum(ax2, bx2).sub(tf.maximum(ax1, bx1)));
  const intersection = height.mul(width);
  const union = boxArea(a).expandDims(-1).add(boxArea(b).expandDims(-2)).sub(intersection);
  return divideNoNan(intersection, union);
}

type Edges = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];

/** 0 where b is 0; one kernel where `tf.divNoNan` takes four. */
function divideNoNan(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return runKernel('DivNoNan', [a, b], { T: { type: DT_FLOAT } });
}

/**
 * @param boxes [..., 4]
 * @param extent pixels
 * @returns [..., 4], every corner moved into [0, height] x [0, width]; what is not a number becomes 0, so that weights
 *   that have run away end in a loss that is not finite, which is reported, and not in a kernel's complaint
 */
export function clipBoxes(boxes: tf.Tensor, extent: Extent): tf.Tensor {
  const [height, width] = extent;
  const clipped = boxes.minimum(tf.tensor1d([height, width, height, width])).maximum(0);
  return tf.where(boxes.isNaN(), tf.zerosLike(boxes), clipped);
}

/** Lower or narrower than `minSize` pixels. [..., 4] → [...] bool */
export function isThin(boxes: tf.Tensor, minSize: number): tf.Tensor {
  const [y1, x1, y2, x2] = tf.unstack(boxes, -1) as Edges;
  return tf.minimum(y2.sub(y1), x2.sub(x1)).less(minSize);
}
