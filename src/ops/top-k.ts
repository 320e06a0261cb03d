import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, runKernelMulti } from './kernel.ts';

/** The largest values of each row. */
export interface TopK<T extends tf.Tensor> {
  /** [..., K] largest first */
  values: T;
  /** [..., K] int32, places in the row; of equal values the first comes first */
  indices: T;
}

/**
 * The `k` largest values along the last axis. `tf.topk` has no gradient; here it goes back to the places from which the
 * values came.
 * @param x [..., A] float32
 * @param k K, at most A
 * @throws RangeError when k is not a whole number in [0, A]
 */
export function topK<T extends tf.Tensor>(x: T, k: number): TopK<T> {
  const length = x.shape.at(-1) ?? 0;
  if (!Number.isInteger(k) || k < 0 || k > length)
    throw new RangeError(`topK: expected a whole k from 0 to ${length}, got ${k}`);
  const attributes = { T: { type: DT_FLOAT }, sorted: { bool: true } };
  const [values, indices] = runKernelMulti('TopKV2', [x, tf.scalar(k, 'int32')], attributes, 2) as [T, T];
  const withGradient = tf.customGrad((...args) => {
    const [{ shape }, save] = args as [tf.Tensor, tf.GradSaveFunc];
    save([indices]);
    return { value: values, gradFunc: (dy, saved) => scatterRows(dy as tf.Tensor, saved[0]!, shape) };
  });
  return { values: withGradient(x) as T, indices };
}

/** The inverse of taking `values` at `indices` from each row; 0 everywhere else. */
function scatterRows(values: tf.Tensor, indices: tf.Tensor, shape: number[]): tf.Tensor {
  const length = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const starts = tf.range(0, rows, 1, 'int32').mul(tf.scalar(length, 'int32')).expandDims(1);
  const places = indices.reshape([rows, -1]).add(starts).reshape([-1, 1]);
  return tf.scatterND(places, values.flatten(), [rows * length]).reshape(shape);
}
