/**
 * Feature pyramid. Lin et al. 2017, §3 — https://arxiv.org/abs/1612.03144. P6 is P5 subsampled by 2, for the RPN only
 * (footnote 2 of §4.1). With GroupNorm after each convolution, as suits training from scratch (Wu & He 2018, §4.2).
 */
import { addRepeated } from '../ops/resize.ts';
import { tf } from '../system/tensorflow.ts';
import { createConv, createGroupNorm, type MapLayer } from './layers.ts';
import type { Weights } from './weights.ts';

/** C2–C5 → P2–P6, each [N, H/stride, W/stride, channels] with strides 4, 8, 16, 32, 64. */
export type Fpn = (maps: readonly tf.Tensor4D[]) => tf.Tensor4D[];

/** Makes the pyramid's weights under `fpn.`. */
export function createFpn(
  weights: Weights,
  backboneChannels: readonly number[],
  options: { channels: number; groups: number },
): Fpn {
  const createNormConv = (name: string, inputs: number, kernel: number): MapLayer => {
    const conv = createConv(weights, `${name}.conv`, { inputs, outputs: options.channels, kernel });
    const norm = createGroupNorm(weights, `${name}.norm`, options.channels, options.groups);
    return (x) => norm(conv(x));
  };
  const lateral = backboneChannels.map((inputs, i) => createNormConv(`fpn.lateral${i + 2}`, inputs, 1));
  const output = backboneChannels.map((_, i) => createNormConv(`fpn.output${i + 2}`, options.channels, 3));
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
