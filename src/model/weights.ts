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

/** Gives weights other values. @param values by the weights' names, row-major, of their shapes */
export function setValues(weights: Weights, values: ReadonlyMap<string, Float32Array>): void {
  for (const [name, data] of values) {
    const variable = weights.variables.get(name)!;
    tf.tidy(() => variable.assign(tf.tensor(data, variable.shape)));
  }
}

/** Normal with deviation √(2 / fan in): keeps the variance of values through ReLU layers. He et al. 2015, eq. 10. */
export const heNormal: Initializer = (shape, random) =>
  normalValues(shape, Math.sqrt(2 / fanIn(shape)), random);

/**
 * Normal with deviation √(2 / fan out): keeps the variance of gradients through ReLU layers. He et al. 2015, eq. 14;
 * PyTorch's `kaiming_normal_(mode='fan_out')`, Detectron2's `c2_msra_fill`.
 */
export const heNormalFanOut: Initializer = (shape, random) =>
  normalValues(shape, Math.sqrt(2 / fanOut(shape)), random);

/**
 * Uniform with variance 1 / fan in: keeps the variance of values where no ReLU follows. LeCun et al. 1998, §4.6, eq. 16;
 * PyTorch's `kaiming_uniform_(a=1)`, Detectron2's `c2_xavier_fill`.
 */
export const lecunUniform: Initializer = (shape, random) =>
  uniformValues(shape, Math.sqrt(3 / fanIn(shape)), random);

/** Uniform within ±1 / √(fan in): what PyTorch's `Linear` and `Conv2d` start with. */
export const torchUniform: Initializer = (shape, random) =>
  uniformValues(shape, Math.sqrt(1 / fanIn(shape)), random);

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

/**
 * Outputs that one input has a part in: the window times the last dimension. For a transposed convolution, whose last
 * dimension holds the inputs, it is what PyTorch takes for its fan out, too.
 */
function fanOut(shape: readonly number[]): number {
  return count(shape.slice(0, -2)) * shape.at(-1)!;
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function normalValues(shape: readonly number[], deviation: number, random: Random): Float32Array {
  return drawValues(shape, () => deviation * random.normal());
}

function uniformValues(shape: readonly number[], bound: number, random: Random): Float32Array {
  return drawValues(shape, () => random.uniform(-bound, bound));
}

/** A loop and not `Float32Array.from`, which takes several times as long: networks have tens of millions of weights. */
function drawValues(shape: readonly number[], draw: () => number): Float32Array {
  const values = new Float32Array(count(shape));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return values;
}
