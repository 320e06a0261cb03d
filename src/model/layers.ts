/**
 * Layers with weights. Each `create…` makes its weights under a name and returns the function that applies them.
 *
 * N images or regions · H, W map · C channels
 */
import { groupNorm } from '../ops/group-norm.ts';
import type { tf } from '../system/tensorflow.ts';
import { tf as tfjs } from '../system/tensorflow.ts';
import { constant, heNormal, type Initializer, type Weights } from './weights.ts';

/** [N, H, W, C] → [N, H', W', C'] */
export type MapLayer = (x: tf.Tensor4D) => tf.Tensor4D;

/** What a convolution needs to know. */
export interface ConvOptions {
  inputs: number;
  outputs: number;
  /** Side of the window, pixels. */
  kernel: number;
  stride?: number;
  /** A bias per output channel; not needed before a normalisation. */
  bias?: boolean;
  initialize?: Initializer;
}

/** Convolution with zero padding that keeps the size (divided by the stride, rounded up). */
export function createConv(weights: Weights, name: string, options: ConvOptions): MapLayer {
  const { inputs, outputs, kernel, stride = 1, bias = false, initialize = heNormal } = options;
  const filter = weights.create<tf.Rank.R4>(`${name}.kernel`, [kernel, kernel, inputs, outputs], initialize);
  const offset = bias ? weights.create<tf.Rank.R1>(`${name}.bias`, [outputs], constant(0)) : null;
  return (x) => {
    const y = tfjs.conv2d(x, filter, stride, 'same');
    return offset ? y.add(offset) : y;
  };
}

/** Transposed convolution, 2x2 with stride 2: doubles height and width. */
export function createUpsampleConv(
  weights: Weights,
  name: string,
  inputs: number,
  outputs: number,
): MapLayer {
  const initialize: Initializer = (shape, random) => heNormal([1, 1, inputs, count(shape) / inputs], random);
  const filter = weights.create<tf.Rank.R4>(`${name}.kernel`, [2, 2, outputs, inputs], initialize);
  const offset = weights.create<tf.Rank.R1>(`${name}.bias`, [outputs], constant(0));
  return (x) => {
    const [N, H, W] = x.shape;
    return tfjs.conv2dTranspose(x, filter, [N, H * 2, W * 2, outputs], 2, 'same').add(offset);
  };
}

/** Group normalisation with its scale (1 at first) and shift (0). */
export function createGroupNorm(weights: Weights, name: string, channels: number, groups: number): MapLayer {
  const scale = weights.create<tf.Rank.R1>(`${name}.scale`, [channels], constant(1));
  const shift = weights.create<tf.Rank.R1>(`${name}.shift`, [channels], constant(0));
  return (x) => groupNorm(x, scale, shift, groups);
}

/** [N, inputs] → [N, outputs] */
export function createDense(
  weights: Weights,
  name: string,
  options: { inputs: number; outputs: number; initialize?: Initializer },
): (x: tf.Tensor2D) => tf.Tensor2D {
  const { inputs, outputs, initialize = heNormal } = options;
  const kernel = weights.create<tf.Rank.R2>(`${name}.kernel`, [inputs, outputs], initialize);
  const bias = weights.create<tf.Rank.R1>(`${name}.bias`, [outputs], constant(0));
  return (x) => tfjs.matMul(x, kernel).add(bias);
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
