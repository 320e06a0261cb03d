/**
 * The three heads. Ren et al. 2015 (RPN), Girshick 2015 (boxes), He et al. 2017 (masks); sizes as torchvision's.
 * All start as Detectron2's, from which torchvision's differ in the box head's two layers (PyTorch's default), but for the
 * mask predictor and the upsampling before it. There, Detectron2's deviation of 0.001 holds the masks back (Dice loss 0.168
 * against 0.139 after 240 small steps), and torchvision's √(2 / outputs), 0.15 with COCO's 91 classes, is 1 with two: here it
 * is √(2 / inputs).
 *
 * N images · A anchors in all · R regions · K classes, 0 = background, 1 = building · S side of a mask
 */
import { CLASSES } from '../ops/classes.ts';
import { relu } from '../ops/relu.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import { createConv, createDense, createNormConv, createUpsampleConv, type MapLayer } from './layers.ts';
import { heNormal, heNormalFanOut, lecunUniform, normal, type Weights } from './weights.ts';

/** What the RPN says about each anchor. */
export interface RpnOutput {
  /** [N, A] objectness */
  logits: tf.Tensor2D;
  /** [N, A, 4] */
  boxDeltas: tf.Tensor3D;
}

/** What the box head says about each region. */
export interface BoxOutput {
  /** [R, K] */
  classLogits: tf.Tensor2D;
  /** [R, K, 4] */
  boxDeltas: tf.Tensor3D;
}

/** How likely an anchor is a building at first, where the loss is focal: π in Lin et al. 2017, §3.3 and §4.1. */
const FOCAL_PRIOR = 0.01;

/** One 3x3 convolution and two 1x1, shared by all levels. */
export function createRpnHead(
  weights: Weights,
  { model, loss }: Pick<Params, 'model' | 'loss'>,
): (pyramid: readonly tf.Tensor4D[]) => RpnOutput {
  const channels = model.fpn_channels;
  const anchorsPerCell = model.anchor_ratios.length;
  const options = { inputs: channels, bias: true, initialize: normal(0.01) };
  const conv = createConv(weights, 'rpn.conv', { ...options, outputs: channels, kernel: 3 });
  const objectness = createConv(weights, 'rpn.logits', {
    ...options,
    outputs: anchorsPerCell,
    kernel: 1,
    // Without it the many sure mistakes about background swamp the first steps.
    initialBias: loss.objectness === 'focal' ? Math.log(FOCAL_PRIOR / (1 - FOCAL_PRIOR)) : 0,
  });
  const deltas = createConv(weights, 'rpn.boxDeltas', { ...options, outputs: anchorsPerCell * 4, kernel: 1 });
  return (pyramid) => {
    const N = pyramid[0]!.shape[0];
    const hidden = pyramid.map((level) => relu(conv(level)));
    return {
      logits: tf.concat(
        hidden.map((x) => objectness(x).reshape([N, -1])),
        1,
      ) as tf.Tensor2D,
      boxDeltas: tf.concat(
        hidden.map((x) => deltas(x).reshape([N, -1, 4])),
        1,
      ) as tf.Tensor3D,
    };
  };
}

/** Two dense layers on the flattened region, then class and box. [R, size, size, C] → BoxOutput */
export function createBoxHead(weights: Weights, model: Params['model']): (regions: tf.Tensor4D) => BoxOutput {
  const size = model.roi.box_size;
  const width = model.box_head_width;
  const dense1 = createDense(weights, 'box.dense1', {
    inputs: size * size * model.fpn_channels,
    outputs: width,
    initialize: lecunUniform,
  });
  const dense2 = createDense(weights, 'box.dense2', {
    inputs: width,
    outputs: width,
    initialize: lecunUniform,
  });
  const classes = createDense(weights, 'box.classLogits', {
    inputs: width,
    outputs: CLASSES,
    initialize: normal(0.01),
  });
  const deltas = createDense(weights, 'box.boxDeltas', {
    inputs: width,
    outputs: CLASSES * 4,
    initialize: normal(0.001),
  });
  return (regions) => {
    const R = regions.shape[0];
    const hidden = relu(dense2(relu(dense1(regions.reshape([R, -1])))));
    return { classLogits: classes(hidden), boxDeltas: deltas(hidden).reshape([R, CLASSES, 4]) };
  };
}

/** 3x3 convolutions, doubling, and one mask per class. [R, S/2, S/2, C] → [R, S, S, K] logits */
export function createMaskHead(weights: Weights, model: Params['model']): MapLayer {
  const channels = model.mask_head_channels;
  const layers = Array.from({ length: model.mask_head_layers }, (_, i): MapLayer => {
    const options = { inputs: i === 0 ? model.fpn_channels : channels, outputs: channels, kernel: 3 };
    const names = { conv: `mask.conv${i + 1}`, norm: `mask.norm${i + 1}` };
    const conv = createNormConv(weights, names, { ...options, initialize: heNormalFanOut }, model);
    return (x) => relu(conv(x));
  });
  const upsample = createUpsampleConv(weights, 'mask.upsample', channels, channels);
  const logits = createConv(weights, 'mask.logits', {
    inputs: channels,
    outputs: CLASSES,
    kernel: 1,
    bias: true,
    initialize: heNormal,
  });
  return (regions) => logits(relu(upsample(layers.reduce((x, layer) => layer(x), regions))));
}
