/**
 * The `transfer` backbone: ResNet. He et al. 2015 — https://arxiv.org/abs/1512.03385. As torchvision's, version 1.5: the
 * stride of a bottleneck is in its 3x3 convolution. Batch norm is frozen and folded to scale and shift (see
 * `createFrozenNormConv`), which is how detectors use pretrained networks: their batches are too small for statistics.
 */
import { relu } from '../ops/relu.ts';
import type { Params } from '../params/schema.ts';
import type { tf } from '../system/tensorflow.ts';
import { type Backbone, chainStages } from './backbone.ts';
import { chain, createFrozenNormConv, type MapLayer, maxPool3x3 } from './layers.ts';
import { heNormalFanOut, type Weights } from './weights.ts';

/** Name of a depth, e.g. `resnet50`. */
export type ResNetName = Params['model']['transfer']['backbone'];

/** Table 1 of the paper: residual blocks of the four stages; bottlenecks are 1x1, 3x3, 1x1, basic blocks 3x3, 3x3. */
export const RESNETS: Readonly<Record<ResNetName, { blocks: readonly number[]; bottleneck: boolean }>> = {
  resnet18: { blocks: [2, 2, 2, 2], bottleneck: false },
  resnet34: { blocks: [3, 4, 6, 3], bottleneck: false },
  resnet50: { blocks: [3, 4, 6, 3], bottleneck: true },
  resnet101: { blocks: [3, 4, 23, 3], bottleneck: true },
};

const STEM_WIDTH = 64;
/** Channels of the four stages' 3x3 convolutions. */
const STAGE_WIDTHS = [64, 128, 256, 512];
/** A bottleneck's outputs per channel of its 3x3 convolution. */
const EXPANSION = 4;

/**
 * Makes the network's weights under `backbone.`. Until pretrained ones are put in, convolutions are as torchvision starts
 * them. Scales are 1, but 1/√(number of blocks) at the end of each residual branch: without the statistics of batches a
 * random network's values would grow from block to block (De & Smith 2020 — https://arxiv.org/abs/2002.10444); with 0 a branch
 * whose scale is frozen would never wake.
 */
export function createResNet(weights: Weights, name: ResNetName): Backbone {
  const { blocks, bottleneck } = RESNETS[name];
  const lastScale = 1 / Math.sqrt(blocks.reduce((sum, count) => sum + count, 0));
  const channels = STAGE_WIDTHS.map((width) => (bottleneck ? width * EXPANSION : width));
  const stem = createStem(weights);
  const stages = STAGE_WIDTHS.map((width, i) =>
    chain(
      Array.from({ length: blocks[i]! }, (_, b) =>
        createBlock(weights, `backbone.stage${i + 2}.block${b}`, {
          inputs: b > 0 ? channels[i]! : i > 0 ? channels[i - 1]! : STEM_WIDTH,
          width,
          outputs: channels[i]!,
          stride: b === 0 && i > 0 ? 2 : 1,
          lastScale,
        }),
      ),
    ),
  );
  return { channels, apply: chainStages(stem, stages) };
}

/** 7x7 convolution and maximum, each with stride 2: stride 4 in all. */
function createStem(weights: Weights): MapLayer {
  const conv = createFrozenNormConv(
    weights,
    { conv: 'backbone.stem.conv1', norm: 'backbone.stem.norm1' },
    { inputs: 3, outputs: STEM_WIDTH, kernel: 7, stride: 2, initialize: heNormalFanOut },
  );
  return (images) => maxPool3x3(relu(conv(images)));
}

interface BlockOptions {
  inputs: number;
  /** Channels within the residual branch. */
  width: number;
  /** `width` for a basic block. */
  outputs: number;
  stride: number;
  /** Scale at the end of the residual branch. */
  lastScale: number;
}

/** Residual branch plus its input, which is projected where the shapes differ. */
function createBlock(weights: Weights, name: string, options: BlockOptions): MapLayer {
  const { inputs, outputs, stride } = options;
  const initialize = heNormalFanOut;
  const branch = branchConvs(options).map((conv, i) => {
    const names = { conv: `${name}.conv${i + 1}`, norm: `${name}.norm${i + 1}` };
    return createFrozenNormConv(weights, names, { ...conv, initialize });
  });
  const projection = { inputs, outputs, kernel: 1, stride, initialize };
  const shortcut =
    stride === 1 && inputs === outputs
      ? null
      : createFrozenNormConv(
          weights,
          { conv: `${name}.shortcut.conv`, norm: `${name}.shortcut.norm` },
          projection,
        );
  return (x) => {
    const residual = branch.reduce((y, conv, i) => conv(i === 0 ? y : relu(y)), x);
    return relu(residual.add(shortcut ? shortcut(x) : x) as tf.Tensor4D);
  };
}

function branchConvs({ inputs, width, outputs, stride, lastScale: scale }: BlockOptions) {
  return outputs === width
    ? [
        { inputs, outputs: width, kernel: 3, stride },
        { inputs: width, outputs, kernel: 3, scale },
      ]
    : [
        { inputs, outputs: width, kernel: 1 },
        { inputs: width, outputs: width, kernel: 3, stride },
        { inputs: width, outputs, kernel: 1, scale },
      ];
}
