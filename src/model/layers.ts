/**
 * Layers with weights. Each `create…` makes its weights under a name and returns the function that applies them.
 *
 * N images or regions · H, W map · C channels
 */
import { biasAdd } from '../ops/bias-add.ts';
import { dense } from '../ops/dense.ts';
import { groupNorm } from '../ops/group-norm.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import { constant, type Initializer, normal, type Weights } from './weights.ts';

/** [N, H, W, C] → [N, H', W', C'] */
export type MapLayer = (x: tf.Tensor4D) => tf.Tensor4D;

/** What a convolution needs to know. */
export interface ConvOptions {
  inputs: number;
  outputs: number;
  /** Side of the window, pixels; odd. */
  kernel: number;
  stride?: number;
  /** A bias per output channel; not needed before a normalisation. */
  bias?: boolean;
  /** What the bias starts at; 0 when left out. */
  initialBias?: number;
  initialize: Initializer;
}

/** Where a convolution and the normalisation after it have their weights. */
export interface ConvNormNames {
  conv: string;
  norm: string;
}

/** What a model says about the normalisation of its pyramid and mask head. */
export type NormParams = Pick<Params['model'], 'norm' | 'group_norm_groups'>;

/** Convolution, see `convolve`. */
export function createConv(weights: Weights, name: string, options: ConvOptions): MapLayer {
  const filter = createKernel(weights, name, options);
  const { outputs, stride = 1, bias = false, initialBias = 0 } = options;
  const offset = bias ? weights.create<tf.Rank.R1>(`${name}.bias`, [outputs], constant(initialBias)) : null;
  return (x) => {
    const y = convolve(x, filter, stride);
    return offset ? biasAdd(y, offset) : y;
  };
}

/** Convolution and group normalisation or, where the model has none, convolution with bias: torchvision's choice. */
export function createNormConv(
  weights: Weights,
  names: ConvNormNames,
  options: Omit<ConvOptions, 'bias'>,
  { norm: kind, group_norm_groups: groups }: NormParams,
): MapLayer {
  const conv = createConv(weights, names.conv, { ...options, bias: kind === 'none' });
  if (kind === 'none') return conv;
  const norm = createGroupNorm(weights, names.norm, options.outputs, groups);
  return (x) => norm(conv(x));
}

/**
 * Convolution and batch normalisation (Ioffe & Szegedy 2015, alg. 2) whose mean and variance stand still, as in
 * torchvision's `FrozenBatchNorm2d`. What is left of it is one factor and one summand per channel:
 * scale = γ / √(variance + 1e-5), shift = β − mean · scale. The factor goes into the kernel, so that no pass over the map
 * is spent on it.
 * @param options `scale` is the factor to start with, 1 where left out; the summand starts at 0
 */
export function createFrozenNormConv(
  weights: Weights,
  names: ConvNormNames,
  options: Omit<ConvOptions, 'bias'> & { scale?: number },
): MapLayer {
  const { outputs, stride = 1, scale: start = 1 } = options;
  const filter = createKernel(weights, names.conv, options);
  const scale = weights.create<tf.Rank.R1>(`${names.norm}.scale`, [outputs], constant(start));
  const shift = weights.create<tf.Rank.R1>(`${names.norm}.shift`, [outputs], constant(0));
  return (x) => biasAdd(convolve(x, filter.mul(scale), stride), shift);
}

function createKernel(
  weights: Weights,
  name: string,
  { inputs, outputs, kernel, initialize }: ConvOptions,
): tf.Variable<tf.Rank.R4> {
  return weights.create<tf.Rank.R4>(`${name}.kernel`, [kernel, kernel, inputs, outputs], initialize);
}

/**
 * Convolution that keeps the size (divided by the stride, rounded up): zeros are put on both sides alike, as PyTorch does, so
 * that cell i is centred on pixel i·stride, which anchors and RoIAlign take for granted. TensorFlow's `same` puts
 * them only below and to the right where stride and size are even, which moves each map by half a cell.
 */
function convolve(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number): tf.Tensor4D {
  return stride === 1
    ? tf.conv2d(x, filter, 1, 'same')
    : tf.conv2d(padEvenly(x, filter.shape[0]), filter, stride, 'valid');
}

/**
 * Maximum of 3x3 pixels with stride 2, centred on pixel 2i as convolutions are: first along x, then along y. So each value
 * is in two windows at most, and its gradient, a sum of two, is the same in whatever order a kernel adds: TensorFlow's
 * eager runtime and its graphs have different kernels.
 * @param x values >= 0, as after ReLU
 */
export function maxPool3x3(x: tf.Tensor4D): tf.Tensor4D {
  const alongX = tf.maxPool(padEvenly(x, 3), [1, 3], [1, 2], 'valid');
  return tf.maxPool(alongX, [3, 1], [2, 1], 'valid');
}

function padEvenly(x: tf.Tensor4D, kernel: number): tf.Tensor4D {
  const margin = (kernel - 1) / 2;
  if (margin === 0) return x;
  return tf.pad(x, [
    [0, 0],
    [margin, margin],
    [margin, margin],
    [0, 0],
  ]);
}

/**
 * Transposed convolution, 2x2 with stride 2: doubles height and width. It starts with He's deviation √(2 / inputs), as each
 * output is a sum over `inputs` values; torchvision's and Detectron2's is half of it, for they take the windows for overlapping.
 */
export function createUpsampleConv(
  weights: Weights,
  name: string,
  inputs: number,
  outputs: number,
): MapLayer {
  const filter = weights.create<tf.Rank.R4>(
    `${name}.kernel`,
    [2, 2, outputs, inputs],
    normal(Math.sqrt(2 / inputs)),
  );
  const offset = weights.create<tf.Rank.R1>(`${name}.bias`, [outputs], constant(0));
  return (x) => {
    const [N, H, W] = x.shape;
    return biasAdd(tf.conv2dTranspose(x, filter, [N, H * 2, W * 2, outputs], 2, 'same'), offset);
  };
}

/** Group normalisation with its scale (1 at first) and shift (0). */
function createGroupNorm(weights: Weights, name: string, channels: number, groups: number): MapLayer {
  const scale = weights.create<tf.Rank.R1>(`${name}.scale`, [channels], constant(1));
  const shift = weights.create<tf.Rank.R1>(`${name}.shift`, [channels], constant(0));
  return (x) => groupNorm(x, scale, shift, groups);
}

/** [N, inputs] → [N, outputs]; its bias starts at 0. */
export function createDense(
  weights: Weights,
  name: string,
  { inputs, outputs, initialize }: { inputs: number; outputs: number; initialize: Initializer },
): (x: tf.Tensor2D) => tf.Tensor2D {
  const kernel = weights.create<tf.Rank.R2>(`${name}.kernel`, [inputs, outputs], initialize);
  const bias = weights.create<tf.Rank.R1>(`${name}.bias`, [outputs], constant(0));
  return (x) => dense(x, kernel, bias);
}

/** One layer after the other. */
export function chain(layers: readonly MapLayer[]): MapLayer {
  return (x) => layers.reduce((value, layer) => layer(value), x);
}
