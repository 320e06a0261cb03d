import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, runKernel } from './kernel.ts';

/**
 * max(x, 0) with TensorFlow's own `ReluGrad`: one op in the backward pass where `tf.relu`'s gradient takes five.
 * @param x any shape, float32
 */
export function relu<T extends tf.Tensor>(x: T): T {
  return reluOp(x) as T;
}

const reluOp = tf.customGrad((...args) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
  const y = tf.relu(x);
  save([y]);
  return {
    value: y,
    gradFunc: (dy, saved) => runKernel('ReluGrad', [dy as tf.Tensor, saved[0]!], { T: { type: DT_FLOAT } }),
  };
}) as (x: tf.Tensor) => tf.Tensor;
