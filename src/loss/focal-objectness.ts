import { tf } from '../system/tensorflow.ts';
import { focalLoss } from './focal.ts';

/**
 * Focal loss of all anchors but the ignored, in place of a sample of them: for each image the sum, divided by the number
 * of its anchors that stand for a building (at least 1). Lin et al. 2017, §4.1 — https://arxiv.org/abs/1708.02002
 * @param logits [N, A]
 * @param labels [N, A] int32: 1 = building, 0 = background, -1 = ignored
 * @returns scalar: mean over the images
 */
export function focalObjectness(
  logits: tf.Tensor2D,
  labels: tf.Tensor2D,
  options: { gamma: number; alpha: number },
): tf.Scalar {
  const buildings = tf.cast(labels.equal(1), 'float32');
  const counted = tf.cast(labels.greaterEqual(0), 'float32');
  const sums = focalLoss(logits, buildings, options).mul(counted).sum(1);
  return sums.div(buildings.sum(1).maximum(1)).mean();
}
