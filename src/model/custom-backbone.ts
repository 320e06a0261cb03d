/**
 * The `custom` backbone: residual stages (He et al. 2015 — https://arxiv.org/abs/1512.03385) with GroupNorm instead of
 * batch norm, which small batches do not bear, and CBAM before each residual sum (Woo et al. 2018, fig. 3).
 * Weights start as torchvision's ResNet. The scale at the end of a branch is 1, too, and not 0 (Goyal et al. 2017, §5.1):
 * CBAM, which starts with factors of about 1/2 · 1/2, makes the branch small already.
 */
import { relu } from '../ops/relu.ts';
import type { Params } from '../params/schema.ts';
import type { tf } from '../system/tensorflow.ts';
import { type Backbone, chainStages } from './backbone.ts';
import { createCbam } from './cbam.ts';
import { chain, createNormConv, type MapLayer, maxPool3x3, type NormParams } from './layers.ts';
import { heNormalFanOut, type Weights } from './weights.ts';

/** Makes the backbone's weights under `backbone.`. */
export function createCustomBackbone(weights: Weights, model: Params['model']): Backbone {
  const { custom } = model;
  const norm: NormParams = { norm: 'group', group_norm_groups: model.group_norm_groups };
  const stem = createStem(weights, custom.stem_width, norm);
  const stages = custom.stage_widths.map((width, i) => {
    const inputs = i === 0 ? custom.stem_width : custom.stage_widths[i - 1]!;
    const blocks = Array.from({ length: custom.stage_blocks[i]! }, (_, b) =>
      createResidualBlock(weights, `backbone.stage${i + 2}.block${b}`, {
        inputs: b === 0 ? inputs : width,
        outputs: width,
        stride: b === 0 && i > 0 ? 2 : 1,
        norm,
        cbam: { channels: width, reduction: custom.cbam_reduction, kernel: custom.cbam_kernel },
      }),
    );
    return chain(blocks);
  });
  return { channels: custom.stage_widths, apply: chainStages(stem, stages) };
}

/** Two convolutions, the first with stride 2, then a maximum with stride 2: stride 4 in all. */
function createStem(weights: Weights, width: number, norm: NormParams): MapLayer {
  const options = { outputs: width, kernel: 3, initialize: heNormalFanOut };
  const createLayer = (i: number, inputs: number, stride: number) => {
    const names = { conv: `backbone.stem.conv${i}`, norm: `backbone.stem.norm${i}` };
    return createNormConv(weights, names, { ...options, inputs, stride }, norm);
  };
  const [conv1, conv2] = [createLayer(1, 3, 2), createLayer(2, width, 1)];
  return (images) => maxPool3x3(relu(conv2(relu(conv1(images)))));
}

interface BlockOptions {
  inputs: number;
  outputs: number;
  stride: number;
  norm: NormParams;
  cbam: { channels: number; reduction: number; kernel: number };
}

function createResidualBlock(weights: Weights, name: string, options: BlockOptions): MapLayer {
  const { inputs, outputs, stride, norm } = options;
  const conv = { inputs, outputs, stride, kernel: 3, initialize: heNormalFanOut };
  const names = (i: number) => ({ conv: `${name}.conv${i}`, norm: `${name}.norm${i}` });
  const conv1 = createNormConv(weights, names(1), conv, norm);
  const conv2 = createNormConv(weights, names(2), { ...conv, inputs: outputs, stride: 1 }, norm);
  const cbam = createCbam(weights, `${name}.cbam`, options.cbam);
  const shortcutNames = { conv: `${name}.shortcut.conv`, norm: `${name}.shortcut.norm` };
  const shortcut =
    stride === 1 && inputs === outputs
      ? null
      : createNormConv(weights, shortcutNames, { ...conv, kernel: 1 }, norm);
  return (x) => {
    const residual = cbam(conv2(relu(conv1(x))));
    return relu(residual.add(shortcut ? shortcut(x) : x) as tf.Tensor4D);
  };
}
