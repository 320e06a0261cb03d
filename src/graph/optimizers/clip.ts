import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { tf } from '../../system/tensorflow.ts';
import type { Gradients } from './optimizer.ts';

/** @returns scalar: the norm of all gradients taken together */
export function globalNorm(gradients: Gradients): tf.Scalar {
  return tf.tidy(() =>
    tf
      .addN([...gradients.values()].map(halfSquaredNorm))
      .mul(2)
      .sqrt(),
  ) as tf.Scalar;
}

/**
 * Scales all gradients by one factor so that their joint norm is at most `maxNorm`. Pascanu et al. 2013, algorithm 1
 * — https://arxiv.org/abs/1211.5063
 * @param norm `globalNorm(gradients)`
 */
export function clipByGlobalNorm(gradients: Gradients, norm: tf.Scalar, maxNorm: number): Gradients {
  const factor = tf.scalar(maxNorm).div(norm.maximum(maxNorm));
  return new Map([...gradients].map(([name, gradient]) => [name, gradient.mul(factor)]));
}

/** Σx²/2 by TensorFlow's `L2Loss`: one pass, and no tensor of squares. */
function halfSquaredNorm(x: tf.Tensor): tf.Tensor {
  return (tf.backend() as NodeJSKernelBackend).executeSingleInput('L2Loss', x);
}
