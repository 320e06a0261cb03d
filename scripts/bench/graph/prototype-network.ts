/**
 * The network of the feasibility prototype: ResNet-18's body (He et al. 2015 — https://arxiv.org/abs/1512.03385, table 1)
 * with GroupNorm instead of batch norm, and a 1x1 convolution to one map as its head; `prototype_network.py` is the same
 * in PyTorch. TensorFlow's `same` padding, as there: strided windows lie half a cell off those of PyTorch.
 */

import { constant, heNormal, type Weights } from '../../../src/model/weights.ts';
import { groupNorm } from '../../../src/ops/group-norm.ts';
import { relu } from '../../../src/ops/relu.ts';
import { tf } from '../../../src/system/tensorflow.ts';

type MapLayer = (x: tf.Tensor4D) => tf.Tensor4D;

const STEM_WIDTH = 64;
const STAGE_WIDTHS = [64, 128, 256, 512];
const BLOCKS_PER_STAGE = 2;
const GROUPS = 32;

/** Makes the weights and returns the network. [N, H, H, 3] → [N, H/32, H/32, 1] */
export function createPrototypeNetwork(weights: Weights): MapLayer {
  const stemConv = createConv(weights, 'stem.conv', { inputs: 3, outputs: STEM_WIDTH, size: 7, stride: 2 });
  const stemNorm = createNorm(weights, 'stem.norm', STEM_WIDTH);
  const blocks: MapLayer[] = [];
  let inputs = STEM_WIDTH;
  for (const [stage, outputs] of STAGE_WIDTHS.entries()) {
    for (let block = 0; block < BLOCKS_PER_STAGE; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      blocks.push(createBlock(weights, `stage${stage}.block${block}`, { inputs, outputs, stride }));
      inputs = outputs;
    }
  }
  const head = createConv(weights, 'head', { inputs, outputs: 1, size: 1, stride: 1 });
  return (images) => {
    const stem = tf.maxPool(relu(stemNorm(stemConv(images))), 3, 2, 'same');
    return head(blocks.reduce((x, block) => block(x), stem));
  };
}

interface BlockOptions {
  inputs: number;
  outputs: number;
  stride: number;
}

function createBlock(weights: Weights, name: string, { inputs, outputs, stride }: BlockOptions): MapLayer {
  const conv1 = createConv(weights, `${name}.conv1`, { inputs, outputs, stride, size: 3 });
  const norm1 = createNorm(weights, `${name}.norm1`, outputs);
  const conv2 = createConv(weights, `${name}.conv2`, { inputs: outputs, outputs, stride: 1, size: 3 });
  const norm2 = createNorm(weights, `${name}.norm2`, outputs);
  const shortcut = stride === 1 ? null : createShortcut(weights, name, { inputs, outputs, stride });
  return (x) => {
    const residual = norm2(conv2(relu(norm1(conv1(x)))));
    return relu(residual.add(shortcut ? shortcut(x) : x));
  };
}

function createShortcut(weights: Weights, block: string, options: BlockOptions): MapLayer {
  const conv = createConv(weights, `${block}.shortcut.conv`, { ...options, size: 1 });
  const norm = createNorm(weights, `${block}.shortcut.norm`, options.outputs);
  return (x) => norm(conv(x));
}

function createConv(
  weights: Weights,
  name: string,
  { inputs, outputs, size, stride }: BlockOptions & { size: number },
): MapLayer {
  const kernel = weights.create<tf.Rank.R4>(`${name}.kernel`, [size, size, inputs, outputs], heNormal);
  return (x) => tf.conv2d(x, kernel, stride, 'same');
}

function createNorm(weights: Weights, name: string, channels: number): MapLayer {
  const scale = weights.create<tf.Rank.R1>(`${name}.scale`, [channels], constant(1));
  const shift = weights.create<tf.Rank.R1>(`${name}.shift`, [channels], constant(0));
  return (x) => groupNorm(x, scale, shift, GROUPS);
}
