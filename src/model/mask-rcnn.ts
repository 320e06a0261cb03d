/**
 * Mask R-CNN. He et al. 2017 — https://arxiv.org/abs/1703.06870: backbone → FPN → RPN → RoIAlign → class, box, mask.
 * Only parts with weights and how they hang together; what is trained is in loss/, what is put out in predict.ts.
 *
 * N images of H x W pixels · A anchors in all · R regions
 */
import { type AnchorLevel, anchorBoxes } from '../ops/anchors.ts';
import type { Extent } from '../ops/boxes.ts';
import type { AnchorSet } from '../ops/proposals.ts';
import { type Regions, roiAlign } from '../ops/roi-align.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import type { Backbone } from './backbone.ts';
import { createCustomBackbone } from './custom-backbone.ts';
import { createFpn } from './fpn.ts';
import { type BoxOutput, createBoxHead, createMaskHead, createRpnHead, type RpnOutput } from './heads.ts';
import { createResNet } from './resnet.ts';
import { createWeights, type Weights } from './weights.ts';

/** What the images are drawn on: any image, padded to sides that the pyramid can halve. */
export interface Canvas {
  /** Pixels, a multiple of 32. */
  height: number;
  width: number;
  /** Pixels of the image itself, at the top left: boxes are clipped to it. */
  clip: Extent;
}

/** The model's parts; all functions are pure but for reading `weights`. */
export interface MaskRcnn {
  weights: Weights;
  canvas: Canvas;
  /** P2 to P6. */
  anchors: AnchorSet;
  /** [N, H, W, 3] in 0–1 → C2–C5 */
  backbone(images: tf.Tensor4D): tf.Tensor4D[];
  /** C2–C5 → P2–P6 */
  fpn(maps: readonly tf.Tensor4D[]): tf.Tensor4D[];
  /** [N, H, W, 3] in 0–1 → P2–P6: both of these */
  pyramid(images: tf.Tensor4D): tf.Tensor4D[];
  rpn(pyramid: readonly tf.Tensor4D[]): RpnOutput;
  boxHead(pyramid: readonly tf.Tensor4D[], regions: Regions): BoxOutput;
  /** [R, S, S, K] mask logits */
  maskHead(pyramid: readonly tf.Tensor4D[], regions: Regions): tf.Tensor4D;
  /**
   * The same weights for images of another canvas. Anchors and regions have the same pixels there: a building that is
   * twice as large is found by anchors twice as large. To be disposed before this model; that leaves the weights alone.
   * @throws RangeError as `createMaskRcnn`
   */
  onCanvas(canvas: Canvas): MaskRcnn;
  dispose(): void;
}

/** ImageNet's mean and deviation, the customary scaling of RGB in 0–1; the mean becomes 0, torchvision's padding. */
export const RGB_MEAN = [0.485, 0.456, 0.406] as const;
const RGB_DEVIATION = [0.229, 0.224, 0.225];

/** The backbone halves an image five times. */
const CANVAS_MULTIPLE = 32;

/** Levels from which regions are cut: P2–P5; P6 serves the RPN only. */
const ROI_LEVELS = 4;

/**
 * Makes a model with fresh weights that follow from `params.seed`.
 * @param canvas a square of `data.image_size`, all of it image, when left out; the weights do not depend on it
 * @throws RangeError when the canvas is no multiple of 32 or smaller than its image
 */
export function createMaskRcnn(params: Params, canvas = squareCanvas(params.data.image_size)): MaskRcnn {
  assertCanvas(canvas, 'createMaskRcnn');
  const { model } = params;
  const weights = createWeights(params.seed);
  const backbone = createBackbone(weights, params);
  const extract = (images: tf.Tensor4D) => backbone.apply(normalise(images));
  const fpn = createFpn(weights, backbone.channels, model);
  const rpn = createRpnHead(weights, params);
  const boxHead = createBoxHead(weights, model);
  const maskHead = createMaskHead(weights, model);
  const cut = (pyramid: readonly tf.Tensor4D[], regions: Regions, size: number) =>
    roiAlign(pyramid.slice(0, ROI_LEVELS), regions, {
      size,
      canonicalSize: model.roi.canonical_size,
      samplingRatio: model.roi.sampling_ratio,
    });
  const parts = {
    weights,
    backbone: extract,
    fpn,
    pyramid: (images: tf.Tensor4D) => fpn(extract(images)),
    rpn,
    boxHead: (pyramid: readonly tf.Tensor4D[], regions: Regions) =>
      boxHead(cut(pyramid, regions, model.roi.box_size)),
    maskHead: (pyramid: readonly tf.Tensor4D[], regions: Regions) =>
      maskHead(cut(pyramid, regions, model.roi.mask_size)),
  } satisfies Partial<MaskRcnn>;
  const onCanvas = (other: Canvas): MaskRcnn => {
    assertCanvas(other, 'onCanvas');
    const anchors = createAnchors(anchorLevels(other, model.anchor_sizes), model.anchor_ratios);
    return { ...parts, canvas: other, anchors, onCanvas, dispose: () => anchors.boxes.dispose() };
  };
  const own = onCanvas(canvas);
  const dispose = () => {
    weights.dispose();
    own.dispose();
  };
  return { ...own, dispose };
}

function createBackbone(weights: Weights, { model, train }: Params): Backbone {
  return train.model_type === 'transfer'
    ? createResNet(weights, model.transfer.backbone)
    : createCustomBackbone(weights, model);
}

function createAnchors(levels: readonly AnchorLevel[], ratios: readonly number[]): AnchorSet {
  const boxes = anchorBoxes(levels, ratios);
  return {
    boxes: tf.tensor2d(boxes, [boxes.length / 4, 4]),
    perLevel: levels.map(({ cells }) => cells[0] * cells[1] * ratios.length),
  };
}

/** Strides as torchvision's: sides of the canvas over those of the map, rounded down. */
function anchorLevels({ height, width }: Canvas, sizes: readonly number[]): AnchorLevel[] {
  return sizes.map((size, i) => {
    const [rows, columns] = [Math.ceil(height / 2 ** (i + 2)), Math.ceil(width / 2 ** (i + 2))];
    return {
      size,
      cells: [rows, columns],
      strides: [Math.floor(height / rows), Math.floor(width / columns)],
    };
  });
}

/** A square, all of it image. @param side pixels, a multiple of 32 */
export function squareCanvas(side: number): Canvas {
  return { height: side, width: side, clip: [side, side] };
}

function assertCanvas({ height, width, clip }: Canvas, caller: string): void {
  const fits = [height, width].every(
    (side, axis) => side % CANVAS_MULTIPLE === 0 && clip[axis]! > 0 && clip[axis]! <= side,
  );
  if (fits) return;
  throw new RangeError(
    `${caller}: expected a canvas of multiples of ${CANVAS_MULTIPLE}, at least as large as its image, got ${height} x ${width} for ${clip.join(' x ')}`,
  );
}

function normalise(images: tf.Tensor4D): tf.Tensor4D {
  return images.sub(tf.tensor1d([...RGB_MEAN])).div(tf.tensor1d(RGB_DEVIATION));
}
