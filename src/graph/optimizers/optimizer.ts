/**
 * What all optimizers share. They are used inside of the function that is compiled, and update variables in place there; op
 * by op they do the same arithmetic with tensors.
 */
import { tf } from '../../system/tensorflow.ts';

/** Variables by name. */
export type Variables = ReadonlyMap<string, tf.Variable>;
/** Tensors by the name of the variable that they belong to. */
export type Gradients = ReadonlyMap<string, tf.Tensor>;

/** Variables that an algorithm keeps between steps. */
export interface Memory {
  /** By name: `weight/slot`, or a name of their own. */
  readonly state: Variables;
  dispose(): void;
}

/** Changes the weights by one step. */
export interface Optimizer extends Memory {
  /**
   * @param gradients one for each weight, of its shape
   * @param learningRate scalar > 0
   * @param step scalar float, 1 for the first step
   */
  apply(gradients: Gradients, learningRate: tf.Scalar, step: tf.Scalar): void;
}

/** Zeros of each weight's shape, once for each slot: `weight/slot`. */
export function createSlots(weights: Variables, slots: readonly string[]): Memory {
  const names = [...weights].flatMap(([name, weight]) =>
    slots.map((slot) => [`${name}/${slot}`, weight] as const),
  );
  return createMemory(new Map(names.map(([name, weight]) => [name, () => tf.zeros(weight.shape)])));
}

/** Variables that begin with the given values. */
export function createMemory(initial: ReadonlyMap<string, () => tf.Tensor>): Memory {
  const state = new Map<string, tf.Variable>();
  for (const [name, make] of initial) {
    state.set(
      name,
      tf.tidy(() => tf.variable(make(), false)),
    );
  }
  return {
    state,
    dispose: () => {
      for (const variable of state.values()) variable.dispose();
    },
  };
}

/** Multiples of the learning rate by the names of weights; a weight that is not in it learns at the rate itself. */
export type RateMultiples = ReadonlyMap<string, number>;

/** @returns the learning rate of each weight, as a scalar that weights of the same multiple share */
export function ratesOf(learningRate: tf.Scalar, multiples: RateMultiples): (name: string) => tf.Scalar {
  const rates = new Map<number, tf.Scalar>([[1, learningRate]]);
  for (const multiple of multiples.values()) {
    if (!rates.has(multiple)) rates.set(multiple, learningRate.mul(multiple));
  }
  return (name) => rates.get(multiples.get(name) ?? 1)!;
}

/** Weight decay leaves norms and biases alone: weights of one dimension. */
export function decays(weight: tf.Variable, decay: number): boolean {
  return decay > 0 && weight.rank > 1;
}
