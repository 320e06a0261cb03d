/**
 * The `custom` backbone: residual stages (He et al. 2015 — https://arxiv.org/abs/1512.03385) with GroupNorm instead of
 * batch norm, which small batches do not bear, and CBAM before each residual sum (Woo et al. 2018, fig. 3).
 */
import { relu } from '../ops/relu.ts';
import type { Params } from '../params/schema.ts';
import type { tf } from '../system/tensorflow.ts';
import { createCbam } from './cbam.ts';
import { createConv, createGroupNorm, type MapLayer, maxPool3x3 } from './layers.ts';
import type { Weights } from './weights.ts';

/** A network that turns images into four maps. */
export interface Backbone {
  /** Channels of C2–C5. */
  channels: readonly number[];
  /** [N, H, W, 3] → C2–C5: maps at strides 4, 8, 16, 32. */
  apply(images: tf.Tensor4D): tf.Tensor4D[];
}

/** Makes the backbone's weights under `backbone.`. */
export function createCustomBackbone(weights: Weights, model: Params['model']): Backbone {
  const { custom, group_norm_groups: groups } = model;
  const stem = createStem(weights, custom.stem_width, groups);
  const stages = custom.stage_widths.map((width, i) => {
    const inputs = i === 0 ? custom.stem_width : custom.stage_widths[i - 1]!;
    const blocks = Array.from({ length: custom.stage_blocks[i]! }, (_, b) =>
      createResidualBlock(weights, `backbone.stage${i + 2}.block${b}`, {
        inputs: b === 0 ? inputs : width,
        outputs: width,
        stride: b === 0 && i > 0 ? 2 : 1,
        groups,
        cbam: { channels: width, reduction: custom.cbam_reduction, kernel: custom.cbam_kernel },
      }),
    );
    return chain(blocks);
  });
  return {
    channels: custom.stage_widths,
    apply: (images) => {
      const maps: tf.Tensor4D[] = [];
      let x = stem(images);
      for (const stage of stages) {
        x = stage(x);
        maps.push(x);
      }
      return maps;
    },
  };
}

/** Two convolutions, the first with stride 2, then a maximum with stride 2: stride 4 in all. */
function createStem(weights: Weights, width: number, groups: number): MapLayer {
  const conv1 = createConv(weights, 'backbone.stem.conv1', {
    inputs: 3,
    outputs: width,
    kernel: 3,
    stride: 2,
  });
  const norm1 = createGroupNorm(weights, 'backbone.stem.norm1', width, groups);
  const conv2 = createConv(weights, 'backbone.stem.conv2', { inputs: width, outputs: width, kernel: 3 });
  const norm2 = createGroupNorm(weights, 'backbone.stem.norm2', width, groups);
  return (images) => {
    const x = relu(norm1(conv1(images)));
    return maxPool3x3(relu(norm2(conv2(x))));
  };
}

interface BlockOptions {
  inputs: number;
  outputs: number;
  stride: number;
  groups: number;
  cbam: { channels: number; reduction: number; kernel: number };
}

function createResidualBlock(weights: Weights, name: string, options: BlockOptions): MapLayer {
  const { inputs, outputs, stride, groups } = options;
  const conv1 = createConv(weights, `${name}.conv1`, { inputs, outputs, kernel: 3, stride });
  const norm1 = createGroupNorm(weights, `${name}.norm1`, outputs, groups);
  const conv2 = createConv(weights, `${name}.conv2`, { inputs: outputs, outputs, kernel: 3 });
  const norm2 = createGroupNorm(weights, `${name}.norm2`, outputs, groups);
  const cbam = createCbam(weights, `${name}.cbam`, options.cbam);
  const shortcut =
    stride === 1 && inputs === outputs ? null : createProjection(weights, `${name}.shortcut`, options);
  return (x) => {
    const residual = cbam(norm2(conv2(relu(norm1(conv1(x))))));
    return relu(residual.add(shortcut ? shortcut(x) : x) as tf.Tensor4D);
  };
}

function createProjection(
  weights: Weights,
  name: string,
  { inputs, outputs, stride, groups }: BlockOptions,
): MapLayer {
  return chain([
    createConv(weights, `${name}.conv`, { inputs, outputs, kernel: 1, stride }),
    createGroupNorm(weights, `${name}.norm`, outputs, groups),
  ]);
}

function chain(layers: readonly MapLayer[]): MapLayer {
  return (x) => layers.reduce((value, layer) => layer(value), x);
}
