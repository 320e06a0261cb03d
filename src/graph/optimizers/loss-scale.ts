import { tf } from '../../system/tensorflow.ts';
import { when } from '../when.ts';
import { createMemory, type Gradients, type Memory } from './optimizer.ts';

/** Keeps small gradients above float16's smallest number. Micikevicius et al. 2018, §3.2 — https://arxiv.org/abs/1710.03740 */
export interface LossScale extends Memory {
  /** @returns the loss times the scale: what to differentiate */
  scale(loss: tf.Scalar): tf.Scalar;
  /** @returns gradients as they would be without the scale */
  unscale(gradients: Gradients): Gradients;
  /**
   * Halves the scale after a gradient that is not finite, doubles it after `growthInterval` that were.
   * @param finite scalar bool
   */
  update(finite: tf.Tensor): void;
}

/** The names and customary values of PyTorch's `GradScaler`. */
export interface LossScaleOptions {
  initialScale?: number;
  /** Steps. */
  growthInterval?: number;
}

/** Its memory is `loss-scale/scale` and `loss-scale/finite-steps`. */
export function createLossScale({
  initialScale = 65_536,
  growthInterval = 2000,
}: LossScaleOptions = {}): LossScale {
  const memory = createMemory(
    new Map([
      ['loss-scale/scale', () => tf.scalar(initialScale)],
      ['loss-scale/finite-steps', () => tf.scalar(0)],
    ]),
  );
  const scale = memory.state.get('loss-scale/scale')!;
  const finiteSteps = memory.state.get('loss-scale/finite-steps')!;
  return {
    ...memory,
    scale: (loss) => loss.mul(scale),
    unscale: (gradients) => {
      const inverse = scale.reciprocal();
      return new Map([...gradients].map(([name, gradient]) => [name, gradient.mul(inverse)]));
    },
    update: (finite) => {
      when(finite, () => {
        const steps = finiteSteps.add(1);
        const grows = steps.greaterEqual(growthInterval);
        scale.assign(tf.where(grows, scale.mul(2), scale));
        finiteSteps.assign(tf.where(grows, tf.zerosLike(steps), steps));
      });
      when(tf.logicalNot(finite), () => {
        // Below 1 the scale would do the opposite of what it is for.
        scale.assign(scale.div(2).maximum(1));
        finiteSteps.assign(tf.zerosLike(finiteSteps));
      });
    },
  };
}
