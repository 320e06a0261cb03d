import type { tf } from '../system/tensorflow.ts';

/**
 * Dice loss of each instance: 1 − (2·Σwpg + s) / (Σwp² + Σwg² + s). Milletari et al. 2016, §3 (V-Net)
 * — https://arxiv.org/abs/1606.04797; smoothed by s, and with a weight w for each cell.
 * @param logits [R, S, S]
 * @param targets [R, S, S] 0 or 1
 * @param options.smooth s > 0: an empty mask predicted empty has loss 0, and no quotient is 0/0
 * @param options.weights [R, S, S] w >= 0, without a gradient; null = 1 everywhere
 * @returns [R] in [0, 1)
 */
export function diceLoss(
  logits: tf.Tensor,
  targets: tf.Tensor,
  { smooth, weights = null }: { smooth: number; weights?: tf.Tensor | null },
): tf.Tensor1D {
  const sum = (cells: tf.Tensor) => (weights ? cells.mul(weights) : cells).sum([1, 2]);
  const probabilities = logits.sigmoid();
  const overlap = sum(probabilities.mul(targets)).mul(2).add(smooth);
  const total = sum(probabilities.square()).add(sum(targets.square())).add(smooth);
  return overlap.div(total).neg().add(1) as tf.Tensor1D;
}
