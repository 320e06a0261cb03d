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

/** Hyperparameters, named as in the paper. */
export interface AdamWOptions {
  /** [0, 1): memory of the mean of gradients */
  beta1: number;
  /** [0, 1): memory of the mean of their squares */
  beta2: number;
  /** >= 0; multiplied by the learning rate, as in PyTorch */
  weightDecay: number;
  multiples?: RateMultiples;
}

/** Keeps the quotient finite; the paper's and PyTorch's value. */
const EPSILON = 1e-8;

/**
 * AdamW. Loshchilov & Hutter 2019, algorithm 2 — https://arxiv.org/abs/1711.05101. Its memory is `weight/momentum` and
 * `weight/variance`, zero at first.
 */
export function createAdamW(weights: Variables, options: AdamWOptions): Optimizer {
  const { beta1, beta2, weightDecay, multiples = new Map() } = options;
  const slots = createSlots(weights, ['momentum', 'variance']);
  return {
    ...slots,
    apply: (gradients, learningRate, step) => {
      const powers = [tf.scalar(beta1).pow(step), tf.scalar(beta2).pow(step)] as [tf.Scalar, tf.Scalar];
      const rateOf = ratesOf(learningRate, multiples);
      for (const [name, weight] of weights) {
        if (decays(weight, weightDecay)) {
          weight.assign(weight.mul(tf.scalar(1).sub(rateOf(name).mul(weightDecay))));
        }
        const [m, v] = [slots.state.get(`${name}/momentum`)!, slots.state.get(`${name}/variance`)!];
        const gradient = gradients.get(name)!;
        applyAdam({ weight, m, v, gradient }, { learningRate: rateOf(name), powers, beta1, beta2 });
      }
    },
  };
}

interface AdamTensors {
  weight: tf.Variable;
  m: tf.Variable;
  v: tf.Variable;
  gradient: tf.Tensor;
}

interface AdamNumbers {
  learningRate: tf.Scalar;
  /** βᵗ of both */
  powers: [tf.Scalar, tf.Scalar];
  beta1: number;
  beta2: number;
}

/**
 * TensorFlow's op adds ε to √v, the paper to √(v / (1 − β₂ᵗ)): its ε is therefore multiplied by √(1 − β₂ᵗ).
 */
function applyAdam({ weight, m, v, gradient }: AdamTensors, numbers: AdamNumbers): void {
  const { learningRate, powers, beta1, beta2 } = numbers;
  const [correction1, correction2] = powers.map((power) => tf.scalar(1).sub(power)) as [tf.Scalar, tf.Scalar];
  const epsilon = correction2.sqrt().mul(EPSILON);
  applyStateOp({
    op: 'ResourceApplyAdam',
    variables: [weight, m, v],
    inputs: [...powers, learningRate, tf.scalar(beta1), tf.scalar(beta2), epsilon, gradient],
    attributes: { T: { type: DataType.FLOAT }, use_locking: { b: false }, use_nesterov: { b: false } },
    // In the order in which TensorFlow's kernel computes, so that both forms round alike.
    eager: () =>
      tf.tidy(() => {
        const rate = learningRate.mul(correction2.sqrt()).div(correction1);
        m.assign(m.add(gradient.sub(m).mul(complement(beta1))));
        v.assign(v.add(gradient.square().sub(v).mul(complement(beta2))));
        weight.assign(weight.sub(m.mul(rate).div(v.sqrt().add(epsilon))));
      }),
  });
}

/** 1 − β of β as float32 holds it, which is what the corrections, too, are computed from: the errors cancel. */
function complement(beta: number): number {
  return 1 - Math.fround(beta);
}
