import type { tf } from '../system/tensorflow.ts';

/** Counts are 0 or at least 1; this only keeps 0/0 away (`tf.divNoNan` has no gradient). */
const SMALLEST_TOTAL = 1e-6;

/**
 * Σ values·weights / Σ weights.
 * @param values any shape
 * @param weights broadcastable to it, >= 0
 * @param total what to divide by; the sum of the weights when left out
 * @returns scalar; 0 when all weights are 0 (never NaN)
 */
export function weightedMean(
  values: tf.Tensor,
  weights: tf.Tensor,
  total: tf.Tensor = weights.sum(),
): tf.Scalar {
  return values.mul(weights).sum().div(total.maximum(SMALLEST_TOTAL));
}
