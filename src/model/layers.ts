/**
 * Layers with weights. Each `create…` makes its weights under a name and returns the function that applies them.
 *
 * N images or regions · H, W map · C channels
 */
import { biasAdd } from '../ops/bias-add.ts';
import { dense } from '../ops/dense.ts';
import { groupNorm } from '../ops/group-norm.ts';
import { tf } from '../system/tensorflow.ts';
import { constant, heNormal, type Initializer, normal, type Weights } from './weights.ts';

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
  initialize?: Initializer;
}

/**
 * Convolution that keeps the size (divided by the stride, rounded up): zeros are put on both sides alike, as PyTorch does, so
 * that cell i is centred on pixel i·stride, which anchors and RoIAlign take for granted. TensorFlow's `same` puts
 * them only below and to the right where stride and size are even, which moves each map by half a cell.
 */
export function createConv(weights: Weights, name: string, options: ConvOptions): MapLayer {
  const { inputs, outputs, kernel, stride = 1, bias = false, initialize = heNormal } = options;
  const filter = weights.create<tf.Rank.R4>(`${name}.kernel`, [kernel, kernel, inputs, outputs], initialize);
  const offset = bias ? weights.create<tf.Rank.R1>(`${name}.bias`, [outputs], constant(0)) : null;
  return (x) => {
    const y =
      stride === 1
        ? tf.conv2d(x, filter, 1, 'same')
        : tf.conv2d(padEvenly(x, kernel), filter, stride, 'valid');
    return offset ? biasAdd(y, offset) : y;
  };
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

/** Transposed convolution, 2x2 with stride 2: doubles height and width. */
export function createUpsampleConv(
  weights: Weights,
  name: string,
  inputs: number,
  outputs: number,
): MapLayer {
  // He et al.: each output pixel is a sum over `inputs` values, as windows do not overlap.
  const initialize = normal(Math.sqrt(2 / inputs));
  const filter = weights.create<tf.Rank.R4>(`${name}.kernel`, [2, 2, outputs, inputs], initialize);
  const offset = weights.create<tf.Rank.R1>(`${name}.bias`, [outputs], constant(0));
  return (x) => {
    const [N, H, W] = x.shape;
    return biasAdd(tf.conv2dTranspose(x, filter, [N, H * 2, W * 2, outputs], 2, 'same'), offset);
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
  return (x) => dense(x, kernel, bias);
}
