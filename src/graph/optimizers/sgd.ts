import { tf } from '../../system/tensorflow.ts';
import { DataType } from '../graph.ts';
import { applyStateOp } from '../state-update.ts';
import {
  createSlots,
  decays,
  type Optimizer,
  type RateMultiples,
  ratesOf,
  type Variables,
} from './optimizer.ts';

/** Hyperparameters, named as in PyTorch's `torch.optim.SGD`. */
export interface SgdOptions {
  /** [0, 1) */
  momentum: number;
  /** Looks one step ahead along the momentum. Sutskever et al. 2013, §2. */
  nesterov: boolean;
  /** >= 0; added to the gradient */
  weightDecay: number;
  multiples?: RateMultiples;
}

/**
 * Gradient descent with momentum as PyTorch defines it: m = μ·m + g; w = w − lr·m, with Nesterov w − lr·(g + μ·m).
 * Its memory is `weight/momentum`, zero at first.
 */
export function createSgd(weights: Variables, options: SgdOptions): Optimizer {
  const slots = createSlots(weights, ['momentum']);
  return {
    ...slots,
    apply: (gradients, learningRate) => {
      const rateOf = ratesOf(learningRate, options.multiples ?? new Map());
      for (const [name, weight] of weights) {
        const gradient = gradients.get(name)!;
        const decayed = decays(weight, options.weightDecay)
          ? gradient.add(weight.mul(options.weightDecay))
          : gradient;
        const m = slots.state.get(`${name}/momentum`)!;
        applyMomentum(weight, m, decayed, { ...options, learningRate: rateOf(name) });
      }
    },
  };
}

function applyMomentum(
  weight: tf.Variable,
  m: tf.Variable,
  gradient: tf.Tensor,
  { momentum, nesterov, learningRate }: SgdOptions & { learningRate: tf.Scalar },
): void {
  applyStateOp({
    op: 'ResourceApplyMomentum',
    variables: [weight, m],
    inputs: [learningRate, gradient, tf.scalar(momentum)],
    attributes: { T: { type: DataType.FLOAT }, use_locking: { b: false }, use_nesterov: { b: nesterov } },
    // In the order in which TensorFlow's kernel computes, so that both forms round alike.
    eager: () =>
      tf.tidy(() => {
        m.assign(m.mul(momentum).add(gradient));
        const change = nesterov
          ? gradient.mul(learningRate).add(m.mul(momentum).mul(learningRate))
          : m.mul(learningRate);
        weight.assign(weight.sub(change));
      }),
  });
}
