import { tf } from '../../system/tensorflow.ts';
import type { Gradients } from './optimizer.ts';

/**
 * Scales all gradients by one factor so that their joint norm is at most `maxNorm`. Pascanu et al. 2013, algorithm 1
 * — https://arxiv.org/abs/1211.5063
 * @param norm `globalNorm(gradients)`
 */
export function clipByGlobalNorm(gradients: Gradients, norm: tf.Scalar, maxNorm: number): Gradients {
  const factor = tf.scalar(maxNorm).div(norm.maximum(maxNorm));
  return new Map([...gradients].map(([name, gradient]) => [name, gradient.mul(factor)]));
}
