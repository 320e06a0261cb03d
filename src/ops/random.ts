import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, DT_INT32, runKernel } from './kernel.ts';

/**
 * Uniform random numbers in [0, 1) drawn by TensorFlow (`StatelessRandomUniform`, Philox): the same seed gives the same
 * numbers, and a recorded graph draws new ones for each seed fed in, which `tf.randomUniform` would not.
 * @param seed [2] int32
 * @returns `shape`, float32
 */
export function statelessUniform<R extends tf.Rank>(shape: tf.ShapeMap[R], seed: tf.Tensor1D): tf.Tensor<R> {
  const size = tf.tensor1d(shape as number[], 'int32');
  return runKernel<R>('StatelessRandomUniform', [size, seed], {
    dtype: { type: DT_FLOAT },
    T: { type: DT_INT32 },
    Tseed: { type: DT_INT32 },
  });
}
