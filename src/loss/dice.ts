import type { tf } from '../system/tensorflow.ts';

/** Added above and below, so that an empty mask predicted empty has loss 0 and no quotient is 0/0. */
const SMOOTH = 1;

/**
 * Dice loss of each instance: 1 − (2·Σpg + 1) / (Σp² + Σg² + 1). Milletari et al. 2016, §3 (V-Net)
 * — https://arxiv.org/abs/1606.04797; smoothed.
 * @param logits [R, S, S]
 * @param targets [R, S, S] 0 or 1
 * @returns [R] in [0, 1)
 */
export function diceLoss(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor1D {
  const probabilities = logits.sigmoid();
  const overlap = probabilities.mul(targets).sum([1, 2]).mul(2).add(SMOOTH);
  const total = probabilities
    .square()
    .sum([1, 2])
    .add(targets.square().sum([1, 2]))
    .add(SMOOTH);
  return overlap.div(total).neg().add(1) as tf.Tensor1D;
}
