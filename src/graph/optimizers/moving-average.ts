import { tf } from '../../system/tensorflow.ts';
import { DataType } from '../graph.ts';
import { applyStateOp } from '../state-update.ts';
import { createMemory, type Memory, type Variables } from './optimizer.ts';

/** Averages of the weights over the last steps, which often generalise better than the last weights. */
export interface MovingAverage extends Memory {
  /** The averages by the names of the weights. */
  readonly averages: Variables;
  /** Takes the weights as they are now. @param step scalar float, 1 for the first step */
  update(step: tf.Scalar): void;
}

/**
 * Exponential moving average: a = a − (1 − d)·(a − w), with d = min(decay, (1 + step) / (10 + step)), so that the first
 * weights are soon forgotten. Polyak & Juditsky 1992; the warm-up is that of TensorFlow's `ExponentialMovingAverage`.
 * Its memory is `weight/average`, the weights' values at first.
 * @param decay [0, 1): 0.999 averages over about the last 1,000 steps
 */
export function createMovingAverage(weights: Variables, decay: number): MovingAverage {
  const initial = [...weights].map(([name, weight]) => [`${name}/average`, () => weight.clone()] as const);
  const memory = createMemory(new Map(initial));
  const averages = new Map([...weights.keys()].map((name) => [name, memory.state.get(`${name}/average`)!]));
  return {
    ...memory,
    averages,
    update: (step) => {
      const warm = step.add(1).div(step.add(10));
      const rate = tf.scalar(1).sub(warm.minimum(decay)) as tf.Scalar;
      for (const [name, weight] of weights) moveTowards(averages.get(name)!, weight, rate);
    },
  };
}

/** The op for a gradient step is the one that takes a share of a difference away, in one pass. */
function moveTowards(average: tf.Variable, weight: tf.Variable, rate: tf.Scalar): void {
  const difference = average.sub(weight);
  applyStateOp({
    op: 'ResourceApplyGradientDescent',
    variables: [average],
    inputs: [rate, difference],
    attributes: { T: { type: DataType.FLOAT }, use_locking: { b: false } },
    eager: () => tf.tidy(() => average.assign(average.sub(difference.mul(rate)))),
  });
}
