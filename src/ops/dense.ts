import { tf } from '../system/tensorflow.ts';
import { biasGradient } from './bias-add.ts';
import { DT_FLOAT, runKernel } from './kernel.ts';
import { assertShape } from './shape.ts';

/**
 * x · kernel + bias. TensorFlow's `MatMul`, where `tf.matMul` takes the batched product between two reshapings.
 * @param x [R, I]
 * @param kernel [I, O]
 * @param bias [O]
 * @returns [R, O]
 */
export function dense(x: tf.Tensor2D, kernel: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  assertShape(kernel, [x.shape[1], 'O'], 'dense: kernel');
  assertShape(bias, [kernel.shape[1]], 'dense: bias');
  return op(x, kernel, bias) as tf.Tensor2D;
}

const op = tf.customGrad((...args) => {
  const [x, kernel, bias, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
  save([x, kernel]);
  return {
    value: runKernel('BiasAdd', [product(x, kernel), bias], { T: { type: DT_FLOAT } }),
    gradFunc: (dy, saved) => {
      const [input, weights] = saved as [tf.Tensor, tf.Tensor];
      const dOut = dy as tf.Tensor;
      return [
        product(dOut, weights, { transposeB: true }),
        product(input, dOut, { transposeA: true }),
        biasGradient(dOut),
      ];
    },
  };
}) as unknown as (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) => tf.Tensor;

function product(a: tf.Tensor, b: tf.Tensor, { transposeA = false, transposeB = false } = {}): tf.Tensor {
  return runKernel('MatMul', [a, b], {
    T: { type: DT_FLOAT },
    transpose_a: { bool: transposeA },
    transpose_b: { bool: transposeB },
  });
}
