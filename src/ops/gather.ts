import { tf } from '../system/tensorflow.ts';

/**
 * Takes rows of each image: `result[n, k] = values[n, indices[n, k]]`.
 * @param values [N, A] or [N, A, ...]
 * @param indices [N, K] int32 in [0, A)
 * @returns [N, K] or [N, K, ...]
 */
export function gatherRows<T extends tf.Tensor>(values: T, indices: tf.Tensor2D): T {
  return tf.gather(values, indices, 1, 1) as T;
}
