import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, runKernel } from './kernel.ts';
import { assertShape } from './shape.ts';

/**
 * Adds one number per channel, by TensorFlow's own `BiasAdd`; its gradient is one sum, where tfjs makes several of a broadcast
 * addition.
 * @param x [..., C], two dimensions or more
 * @param bias [C]
 * @returns the shape of x
 */
export function biasAdd<T extends tf.Tensor>(x: T, bias: tf.Tensor1D): T {
  assertShape(bias, [x.shape.at(-1)!], 'biasAdd: bias');
  return op(x, bias) as T;
}

const FLOAT = { T: { type: DT_FLOAT } };

const op = tf.customGrad((...args) => {
  const [x, bias] = args as [tf.Tensor, tf.Tensor1D];
  return {
    value: runKernel('BiasAdd', [x, bias], FLOAT),
    gradFunc: (dy) => [(dy as tf.Tensor).clone(), biasGradient(dy as tf.Tensor)],
  };
}) as unknown as (x: tf.Tensor, bias: tf.Tensor1D) => tf.Tensor;

/**
 * Σ dy over all but the channels. Not by `BiasAddGrad`: on CPUs a graph joins it with the gradient of the convolution before,
 * in a kernel that rounds otherwise than the two op by op.
 */
export function biasGradient(dy: tf.Tensor): tf.Tensor {
  return dy.reshape([-1, dy.shape.at(-1)!]).sum(0);
}
