import { tf } from '../system/tensorflow.ts';

/**
 * Smooth L1, element by element: 0.5·d²/β where |d| < β, else |d| − 0.5·β. Girshick 2015, eq. 3
 * — https://arxiv.org/abs/1504.08083; with β as in torchvision's `smooth_l1_loss`.
 * @param predictions any shape
 * @param targets the same shape
 * @param beta > 0 (1/9 in torchvision, for the RPN and the box head alike)
 * @returns the same shape, >= 0
 */
export function smoothL1(predictions: tf.Tensor, targets: tf.Tensor, beta: number): tf.Tensor {
  const distance = predictions.sub(targets).abs();
  const quadratic = tf.minimum(distance, beta);
  return quadratic
    .square()
    .mul(0.5 / beta)
    .add(distance.sub(quadratic));
}
