import { sigmoidCrossEntropy } from '../ops/sigmoid-cross-entropy.ts';
import type { tf } from '../system/tensorflow.ts';

/**
 * Focal loss, element by element: α_t · (1 − p_t)^γ · cross-entropy, with p_t the probability given to the truth and
 * α_t = α for 1, 1 − α for 0. Lin et al. 2017, eq. 5 — https://arxiv.org/abs/1708.02002. γ = 0 and α = 0.5 is half the
 * plain cross-entropy.
 * @param logits any shape
 * @param targets the same shape, 0 or 1
 * @returns the same shape, >= 0
 */
export function focalLoss(
  logits: tf.Tensor,
  targets: tf.Tensor,
  options: { gamma: number; alpha: number },
): tf.Tensor {
  const crossEntropy = sigmoidCrossEntropy(logits, targets);
  const probabilities = logits.sigmoid();
  const missed = probabilities.add(targets).sub(probabilities.mul(targets).mul(2));
  const balance = targets.mul(2 * options.alpha - 1).add(1 - options.alpha);
  const modulation = options.gamma === 0 ? balance : balance.mul(power(missed, options.gamma));
  return crossEntropy.mul(modulation);
}

/** Keeps the logarithm in the gradient of `pow` finite; far below float32's resolution of a loss. */
const ABOVE_ZERO = 1e-6;

/** Whole powers by products: the gradient of `pow` would take a logarithm of 0. */
function power(x: tf.Tensor, exponent: number): tf.Tensor {
  if (exponent === 1) return x;
  if (exponent === 2) return x.square();
  return x.add(ABOVE_ZERO).pow(exponent);
}
