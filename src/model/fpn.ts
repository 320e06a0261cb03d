/**
 * Feature pyramid. Lin et al. 2017, §3 — https://arxiv.org/abs/1612.03144. P6 is P5 subsampled by 2, for the RPN only
 * (footnote 2 of §4.1). With GroupNorm after each convolution, as suits training from scratch (Wu & He 2018, §4.2), or, for
 * pretrained weights, with biases and no normalisation, which is torchvision's `FeaturePyramidNetwork`.
 */
import { addRepeated } from '../ops/resize.ts';
import { tf } from '../system/tensorflow.ts';
import { createNormConv, type MapLayer, type NormParams } from './layers.ts';
import { lecunUniform, type Weights } from './weights.ts';

/** C2–C5 → P2–P6, each [N, H/stride, W/stride, channels] with strides 4, 8, 16, 32, 64. */
export type Fpn = (maps: readonly tf.Tensor4D[]) => tf.Tensor4D[];

/** Makes the pyramid's weights under `fpn.`; they start as torchvision's and Detectron2's. */
export function createFpn(
  weights: Weights,
  backboneChannels: readonly number[],
  model: NormParams & { fpn_channels: number },
): Fpn {
  const channels = model.fpn_channels;
  const createLayer = (name: string, inputs: number, kernel: number): MapLayer => {
    const options = { inputs, outputs: channels, kernel, initialize: lecunUniform };
    return createNormConv(weights, { conv: `${name}.conv`, norm: `${name}.norm` }, options, model);
  };
  const lateral = backboneChannels.map((inputs, i) => createLayer(`fpn.lateral${i + 2}`, inputs, 1));
  const output = backboneChannels.map((_, i) => createLayer(`fpn.output${i + 2}`, channels, 3));
  return (maps) => {
    const merged = mergeTopDown(maps.map((map, i) => lateral[i]!(map)));
    const levels = merged.map((map, i) => output[i]!(map));
    return [...levels, tf.maxPool(levels.at(-1)!, 1, 2, 'valid')];
  };
}

/** Adds to each level the coarser one, doubled in size by repeating pixels. */
function mergeTopDown(laterals: readonly tf.Tensor4D[]): tf.Tensor4D[] {
  const merged = [laterals.at(-1)!];
  for (let i = laterals.length - 2; i >= 0; i--) {
    merged.unshift(addRepeated(laterals[i]!, merged[0]!));
  }
  return merged;
}
