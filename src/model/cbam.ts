/**
 * Convolutional block attention module: first which channels matter, then where. Woo et al. 2018, §3
 * — https://arxiv.org/abs/1807.06521. As the formulas there; the authors' code adds a batch norm to the spatial part.
 * Weights start as in that code (https://github.com/Jongchan/attention-module): PyTorch's default for the channels, and
 * a spatial attention of 1/2 everywhere, by a scale of 0 in its batch norm, here by a kernel of 0.
 */
import { relu } from '../ops/relu.ts';
import { tf } from '../system/tensorflow.ts';
import { createConv, createDense, type MapLayer } from './layers.ts';
import { constant, torchUniform, type Weights } from './weights.ts';

/** Size of the two attentions. */
export interface CbamOptions {
  channels: number;
  /** Hidden width of the channel attention = channels / reduction, at least 1. */
  reduction: number;
  /** Side of the spatial attention's window, pixels. */
  kernel: number;
}

/** [N, H, W, C] → [N, H, W, C], each value times two factors in (0, 1). */
export function createCbam(weights: Weights, name: string, options: CbamOptions): MapLayer {
  const channelAttention = createChannelAttention(weights, `${name}.channel`, options);
  const spatialAttention = createSpatialAttention(weights, `${name}.spatial`, options.kernel);
  return (x) => {
    const refined = x.mul(channelAttention(x)) as tf.Tensor4D;
    return refined.mul(spatialAttention(refined));
  };
}

/** Eq. 2: σ(MLP(average over the map) + MLP(maximum over the map)), one MLP for both. [N, H, W, C] → [N, 1, 1, C] */
function createChannelAttention(weights: Weights, name: string, options: CbamOptions): MapLayer {
  const hidden = Math.max(1, Math.floor(options.channels / options.reduction));
  const { channels } = options;
  const initialize = torchUniform;
  const reduce = createDense(weights, `${name}.reduce`, { inputs: channels, outputs: hidden, initialize });
  const expand = createDense(weights, `${name}.expand`, { inputs: hidden, outputs: channels, initialize });
  const mlp = (pooled: tf.Tensor) => expand(relu(reduce(pooled as tf.Tensor2D)));
  return (x) => {
    const sum = mlp(x.mean([1, 2])).add(mlp(x.max([1, 2])));
    return sum.sigmoid().reshape([x.shape[0], 1, 1, channels]);
  };
}

/** Eq. 3: σ(convolution of [average over channels; maximum over channels]). [N, H, W, C] → [N, H, W, 1] */
function createSpatialAttention(weights: Weights, name: string, kernel: number): MapLayer {
  const options = { inputs: 2, outputs: 1, kernel, bias: true, initialize: constant(0) };
  const conv = createConv(weights, `${name}.conv`, options);
  return (x) => conv(tf.concat([x.mean(3, true), x.max(3, true)], 3) as tf.Tensor4D).sigmoid();
}
