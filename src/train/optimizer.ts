/**
 * AdamW and SGD as updates of variables, with the learning rate and the step fed in: nothing is baked into the graph.
 */
import type { Weights } from '../model/weights.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';

/** Changes the weights by one step. */
export interface Optimizer {
  /**
   * @param gradients by the weight's name
   * @param learningRate scalar > 0
   * @param step scalar, 1 for the first step
   */
  apply(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: tf.Scalar, step: tf.Scalar): void;
  /** The optimizer's memory by name: `weight/momentum`, `weight/variance`. */
  readonly state: ReadonlyMap<string, tf.Variable>;
  dispose(): void;
}

/** Params that the optimizer reads. */
export type OptimizerParams = Pick<Params['train'], 'optimizer' | 'weight_decay' | 'momentum' | 'beta2'>;

/** Keeps AdamW's quotient finite; the paper's and PyTorch's value. */
const EPSILON = 1e-8;

/** Memory starts at zero. */
export function createOptimizer(weights: Weights, params: OptimizerParams): Optimizer {
  return params.optimizer === 'adamw' ? createAdamW(weights, params) : createSgd(weights, params);
}

/**
 * AdamW. Loshchilov & Hutter 2019, algorithm 2 — https://arxiv.org/abs/1711.05101; the decay is multiplied by the
 * learning rate, as in PyTorch. Norms and biases (one dimension) do not decay.
 */
function createAdamW(weights: Weights, params: OptimizerParams): Optimizer {
  const { momentum: beta1, beta2 } = params;
  const memory = createMemory(weights, ['momentum', 'variance']);
  return {
    ...memory,
    apply: (gradients, learningRate, step) => {
      const correction1 = tf.scalar(1).sub(tf.scalar(beta1).pow(step));
      const correction2 = tf.scalar(1).sub(tf.scalar(beta2).pow(step));
      for (const [name, weight] of weights.variables) {
        const gradient = gradients.get(name)!;
        const m = memory.state.get(`${name}/momentum`)!;
        const v = memory.state.get(`${name}/variance`)!;
        m.assign(m.mul(beta1).add(gradient.mul(1 - beta1)));
        v.assign(v.mul(beta2).add(gradient.square().mul(1 - beta2)));
        const direction = m.div(correction1).div(v.div(correction2).sqrt().add(EPSILON));
        weight.assign(weight.sub(withDecay(direction, weight, params.weight_decay).mul(learningRate)));
      }
    },
  };
}

/** SGD with momentum, decay added to the gradient, as in PyTorch: m = μ·m + g; w = w − lr·m. */
function createSgd(weights: Weights, params: OptimizerParams): Optimizer {
  const memory = createMemory(weights, ['momentum']);
  return {
    ...memory,
    apply: (gradients, learningRate) => {
      for (const [name, weight] of weights.variables) {
        const m = memory.state.get(`${name}/momentum`)!;
        m.assign(m.mul(params.momentum).add(withDecay(gradients.get(name)!, weight, params.weight_decay)));
        weight.assign(weight.sub(m.mul(learningRate)));
      }
    },
  };
}

function withDecay(direction: tf.Tensor, weight: tf.Variable, decay: number): tf.Tensor {
  return decay > 0 && weight.rank > 1 ? direction.add(weight.mul(decay)) : direction;
}

function createMemory(weights: Weights, slots: readonly string[]): Pick<Optimizer, 'state' | 'dispose'> {
  const state = new Map<string, tf.Variable>();
  for (const [name, weight] of weights.variables) {
    for (const slot of slots) {
      state.set(
        `${name}/${slot}`,
        tf.tidy(() => tf.variable(tf.zeros(weight.shape), false)),
      );
    }
  }
  return {
    state,
    dispose: () => {
      for (const variable of state.values()) variable.dispose();
    },
  };
}
