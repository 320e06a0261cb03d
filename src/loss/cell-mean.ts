import type { tf } from '../system/tensorflow.ts';

/**
 * Mean over the cells of each region: Σ values·weights / Σ weights, so that weights shift attention between the cells of a
 * region and not between regions.
 * @param values [R, S, S]
 * @param weights [R, S, S] > 0; null = 1 everywhere
 * @returns [R]
 */
export function cellMean(values: tf.Tensor, weights: tf.Tensor | null): tf.Tensor1D {
  if (!weights) return values.mean([1, 2]);
  return values
    .mul(weights)
    .sum([1, 2])
    .div(weights.sum([1, 2]));
}
