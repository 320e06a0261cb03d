/**
 * Mask R-CNN. He et al. 2017 — https://arxiv.org/abs/1703.06870: backbone → FPN → RPN → RoIAlign → class, box, mask.
 * Only parts with weights and how they hang together; what is trained is in loss/, what is put out in predict.ts.
 *
 * N images of H x H pixels · A anchors in all · R regions
 */
import { type AnchorLevel, anchorBoxes } from '../ops/anchors.ts';
import type { AnchorSet } from '../ops/proposals.ts';
import { type Regions, roiAlign } from '../ops/roi-align.ts';
import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import { tf } from '../system/tensorflow.ts';
import { type Backbone, createCustomBackbone } from './custom-backbone.ts';
import { createFpn } from './fpn.ts';
import { type BoxOutput, createBoxHead, createMaskHead, createRpnHead, type RpnOutput } from './heads.ts';
import { createWeights, type Weights } from './weights.ts';

/** The model's parts; all functions are pure but for reading `weights`. */
export interface MaskRcnn {
  weights: Weights;
  /** Side of the square images, pixels. */
  imageSize: number;
  /** P2 to P6. */
  anchors: AnchorSet;
  /** [N, H, H, 3] in 0–1 → P2–P6 */
  pyramid(images: tf.Tensor4D): tf.Tensor4D[];
  rpn(pyramid: readonly tf.Tensor4D[]): RpnOutput;
  boxHead(pyramid: readonly tf.Tensor4D[], regions: Regions): BoxOutput;
  /** [R, S, S, K] mask logits */
  maskHead(pyramid: readonly tf.Tensor4D[], regions: Regions): tf.Tensor4D;
  dispose(): void;
}

/** ImageNet's mean and deviation, the customary scaling of RGB in 0–1. */
const RGB_MEAN = [0.485, 0.456, 0.406];
const RGB_DEVIATION = [0.229, 0.224, 0.225];

/** Levels from which regions are cut: P2–P5; P6 serves the RPN only. */
const ROI_LEVELS = 4;

/** Makes a model with fresh weights that follow from `params.seed`. */
export function createMaskRcnn(params: Params): MaskRcnn {
  const { model, data } = params;
  const weights = createWeights(params.seed);
  const backbone = createBackbone(weights, params);
  const fpn = createFpn(weights, backbone.channels, {
    channels: model.fpn_channels,
    groups: model.group_norm_groups,
  });
  const levels = anchorLevels(data.image_size, model.anchor_sizes);
  const rpn = createRpnHead(weights, model.fpn_channels, model.anchor_ratios.length);
  const boxHead = createBoxHead(weights, model);
  const maskHead = createMaskHead(weights, model);
  const anchors = createAnchors(levels, model.anchor_ratios);
  const cut = (pyramid: readonly tf.Tensor4D[], regions: Regions, size: number) =>
    roiAlign(pyramid.slice(0, ROI_LEVELS), regions, size, model.roi.canonical_size);
  return {
    weights,
    imageSize: data.image_size,
    anchors,
    pyramid: (images) => fpn(backbone.apply(normalise(images))),
    rpn,
    boxHead: (pyramid, regions) => boxHead(cut(pyramid, regions, model.roi.box_size)),
    maskHead: (pyramid, regions) => maskHead(cut(pyramid, regions, model.roi.mask_size)),
    dispose: () => {
      weights.dispose();
      anchors.boxes.dispose();
    },
  };
}

function createBackbone(weights: Weights, { model, train }: Params): Backbone {
  if (train.model_type === 'transfer') {
    throw new UserError(
      'train.model_type transfer is not built yet: it comes with a later version; use train.model_type=custom',
      { exitCode: 2 },
    );
  }
  return createCustomBackbone(weights, model);
}

function createAnchors(levels: readonly AnchorLevel[], ratios: readonly number[]): AnchorSet {
  const boxes = anchorBoxes(levels, ratios);
  return {
    boxes: tf.tensor2d(boxes, [boxes.length / 4, 4]),
    perLevel: levels.map(({ cells }) => cells * cells * ratios.length),
  };
}

function anchorLevels(imageSize: number, sizes: readonly number[]): AnchorLevel[] {
  return sizes.map((size, i) => {
    const cells = Math.ceil(imageSize / 2 ** (i + 2));
    return { size, cells, stride: Math.floor(imageSize / cells) };
  });
}

function normalise(images: tf.Tensor4D): tf.Tensor4D {
  return images.sub(tf.tensor1d(RGB_MEAN)).div(tf.tensor1d(RGB_DEVIATION));
}
