import { tf } from '../system/tensorflow.ts';

/**
 * Focal loss of two classes, 0 = background: −α_t · (1 − p_t)^γ · log p_t with p = softmax(logits), p_t the probability
 * given to the truth, and α_t = 1 − α for the background, α for the other. Lin et al. 2017, eq. 5
 * — https://arxiv.org/abs/1708.02002; their sigmoid form of the difference of the two logits is the same function.
 * 1 − p_t is the other class's probability, taken as the exponential of its logarithm: no power of 0, whose gradient
 * would not be finite, and no difference of nearly equal numbers.
 * @param logits [R, 2]
 * @param labels [R, 2] one 1 in each row
 * @returns [R], >= 0
 */
export function softmaxFocalLoss(
  logits: tf.Tensor2D,
  labels: tf.Tensor2D,
  { gamma, alpha }: { gamma: number; alpha: number },
): tf.Tensor1D {
  const logProbabilities = tf.logSoftmax(logits);
  const logTrue = logProbabilities.mul(labels).sum(1);
  const logMissed = logProbabilities.mul(tf.scalar(1).sub(labels)).sum(1);
  const balance = labels.mul(tf.tensor1d([1 - alpha, alpha])).sum(1);
  return logMissed.mul(gamma).exp().mul(logTrue).mul(balance).neg() as tf.Tensor1D;
}
