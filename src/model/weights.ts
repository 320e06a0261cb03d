import { createRandom, type Random } from '../system/random.ts';
import { tf } from '../system/tensorflow.ts';

/** Draws the starting value of one weight. */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array;

/** The named weights of a model. Names are dotted paths: `backbone.stage2.block0.conv1.kernel`. */
export interface Weights {
  /** Makes a trainable weight. @throws Error when the name is taken */
  create<R extends tf.Rank>(name: string, shape: tf.ShapeMap[R], initialize: Initializer): tf.Variable<R>;
  /** All weights by name, in the order in which they were made. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** Frees all. */
  dispose(): void;
}

/**
 * An empty set of weights. Each weight's starting value follows from the seed and its own name alone, so that a part
 * added to the model does not change the others.
 */
export function createWeights(seed: number): Weights {
  const variables = new Map<string, tf.Variable>();
  return {
    variables,
    create: <R extends tf.Rank>(name: string, shape: tf.ShapeMap[R], initialize: Initializer) => {
      if (variables.has(name)) throw new Error(`A weight named ${name} exists already`);
      const values = initialize(shape as readonly number[], createRandom(seed, 'weight', name));
      const variable = tf.tidy(() => tf.variable(tf.tensor<R>(values, shape, 'float32')));
      variables.set(name, variable as tf.Variable);
      return variable as tf.Variable<R>;
    },
    dispose: () => {
      for (const variable of variables.values()) variable.dispose();
      variables.clear();
    },
  };
}

/**
 * Runs `body` with other values in the weights, and puts back those that they had. Nothing is copied.
 * @param values by the weights' names, of their shapes
 */
export function withValues<T>(weights: Weights, values: ReadonlyMap<string, tf.Tensor>, body: () => T): T {
  const variables = [...weights.variables].filter(([name, variable]) => values.get(name) !== variable);
  const before = variables.map(([, variable]) => variable.clone());
  for (const [name, variable] of variables) variable.assign(values.get(name)!);
  try {
    return body();
  } finally {
    for (const [i, [, variable]] of variables.entries()) {
      variable.assign(before[i]!);
      before[i]!.dispose();
    }
  }
}

/** Normal with deviation √(2 / fan in): keeps the variance through ReLU layers. He et al. 2015, eq. 10. */
export const heNormal: Initializer = (shape, random) =>
  normalValues(shape, Math.sqrt(2 / fanIn(shape)), random);

/** Normal with a fixed deviation. */
export function normal(deviation: number): Initializer {
  return (shape, random) => normalValues(shape, deviation, random);
}

/** The same value everywhere. */
export function constant(value: number): Initializer {
  return (shape) => new Float32Array(count(shape)).fill(value);
}

/** Inputs of one output: all dimensions but the last, which holds the outputs in TensorFlow's layouts. */
function fanIn(shape: readonly number[]): number {
  return count(shape.slice(0, -1));
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function normalValues(shape: readonly number[], deviation: number, random: Random): Float32Array {
  return Float32Array.from({ length: count(shape) }, () => deviation * random.normal());
}
