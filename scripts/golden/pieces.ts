/**
 * What our model says, under the keys and in the layouts of a golden file. In pieces, so that a difference in one does not
 * hide in the next: the heads run on the stored proposals and detections.
 */
import { extractFeatures, type Features } from '../../src/model/features.ts';
import { type MaskRcnn, RGB_MEAN } from '../../src/model/mask-rcnn.ts';
import { predict } from '../../src/model/predict.ts';
import type { HostTensor } from '../../src/model/safetensors.ts';
import { buildingOf, CLASSES } from '../../src/ops/classes.ts';
import { flattenRegions, type Regions, roiAlign } from '../../src/ops/roi-align.ts';
import type { Params } from '../../src/params/schema.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { fitToCanvas } from './canvas.ts';
import type { DetectionList } from './compare-sets.ts';
import { type Fit, scaleBoxes } from './fit.ts';
import { BODY_LEVELS, PYRAMID_LEVELS } from './keys.ts';
import { channelsFirst, everyNth, meanAndDeviation, swapYx, toHost } from './layouts.ts';

/** Of maps and regions the first channels are stored, ... */
const SLICE_CHANNELS = 8;
/** ... of maps every fourth pixel, of offsets every second, ... */
const MAP_STEP = 4;
const OFFSET_STEP = 2;
/** ... and so many regions. */
const ROI_ALIGN_REGIONS = 20;
/** Regions are cut from P2-P5. */
const ROI_LEVELS = 4;
/** torchvision's number of the only class beside the background. */
const BUILDING_LABEL = 1;

/** What the model is run on; boxes are [N, 4] flat, [x1, y1, x2, y2]. */
export interface Inputs {
  /** [3, H, W] in 0-1 */
  image: Float32Array;
  fit: Fit;
  /** Pixels of the resized image; null where the file has no usable ones. */
  proposals: Float32Array | null;
  /** Pixels of the image; null likewise. */
  detectionBoxes: Float32Array | null;
}

/** What it says. */
export interface Outputs {
  /** By key; those that start from boxes which are null are left out. */
  tensors: ReadonlyMap<string, HostTensor>;
  /** [P, 4] flat, [x1, y1, x2, y2] pixels of the resized image */
  proposals: Float32Array;
  detections: DetectionList;
}

/** Runs all pieces; leaves no tensor behind. */
export function runModel(model: MaskRcnn, params: Params['model'], inputs: Inputs): Outputs {
  // Not `tf.tidy`, which would look for tensors among all values of the result.
  tf.engine().startScope();
  try {
    return runPieces(model, params, inputs);
  } finally {
    tf.engine().endScope();
  }
}

function runPieces(model: MaskRcnn, params: Params['model'], inputs: Inputs): Outputs {
  const { fit, proposals, detectionBoxes } = inputs;
  const images = fitToCanvas(inputs.image, fit, RGB_MEAN);
  const features = extractFeatures(model, images, params);
  const { pyramid } = features;
  const entries = [
    ...bodyTensors(model.backbone(images)),
    ...featureTensors(features, model.anchors.perLevel),
  ];
  if (proposals) entries.push(...boxTensors(model, pyramid, proposals, params.roi));
  if (detectionBoxes) {
    const boxes = scaleBoxes(detectionBoxes, fit.image, fit.resized);
    entries.push(...maskTensors(model, pyramid, boxes, params.roi));
  }
  return {
    tensors: new Map(entries),
    proposals: rowsWhere(features.proposals.valid, swapYx(features.proposals.boxes)),
    detections: detect(model, params, features, fit),
  };
}

type Entry = [key: string, tensor: HostTensor];

function bodyTensors(maps: readonly tf.Tensor4D[]): Entry[] {
  return maps.flatMap((map, i) => mapTensors(`body.${BODY_LEVELS[i]}`, map));
}

/** @param perLevel numbers of anchors */
function featureTensors({ pyramid, rpn }: Features, perLevel: readonly number[]): Entry[] {
  const levels = pyramid.map(({ shape: [, H, W] }, i) => [H, W, perLevel[i]! / (H * W)] as const);
  const logits = tf.split(rpn.logits, [...perLevel], 1).map((x, i) => x.reshape([...levels[i]!]));
  const offsets = tf.split(rpn.boxDeltas, [...perLevel], 1).map((x, i) => {
    const [H, W, A] = levels[i]!;
    const sparse = everyNth(swapYx(x.reshape([H, W, A, 4])), OFFSET_STEP);
    return sparse.reshape([sparse.shape[0]!, sparse.shape[1]!, A * 4]);
  });
  return [
    ...pyramid.flatMap((map, i) => mapTensors(`fpn.${PYRAMID_LEVELS[i]}`, map)),
    ...logits.map((x, i): Entry => [`rpn.logits.${i}`, toHost(channelsFirst(x))]),
    ...offsets.map((x, i): Entry => [`rpn.deltas.${i}.slice`, toHost(channelsFirst(x))]),
  ];
}

function mapTensors(name: string, map: tf.Tensor4D): Entry[] {
  const [, H, W] = map.shape;
  const channels = map.slice([0, 0, 0, 0], [1, H, W, SLICE_CHANNELS]).squeeze<tf.Tensor3D>([0]);
  return [
    [`${name}.slice`, toHost(channelsFirst(everyNth(channels, MAP_STEP)))],
    [`${name}.mean_std`, meanAndDeviation(map)],
  ];
}

/** @param proposals [P, 4] flat, [x1, y1, x2, y2] pixels of the canvas */
function boxTensors(
  model: MaskRcnn,
  pyramid: readonly tf.Tensor4D[],
  proposals: Float32Array,
  roi: Params['model']['roi'],
): Entry[] {
  const size = roi.box_size;
  if (proposals.length === 0) {
    return [
      nothing('roi_align.first20', [SLICE_CHANNELS, size, size]),
      nothing('box.class_logits', [CLASSES]),
      nothing('box.deltas', [CLASSES * 4]),
    ];
  }
  const regions = regionsOf(proposals);
  const first = regionsOf(proposals.subarray(0, ROI_ALIGN_REGIONS * 4));
  const options = { size, canonicalSize: roi.canonical_size, samplingRatio: roi.sampling_ratio };
  const crops = roiAlign(pyramid.slice(0, ROI_LEVELS), first, options);
  const channels = crops.slice([0, 0, 0, 0], [first.boxes.shape[0], size, size, SLICE_CHANNELS]);
  const { classLogits, boxDeltas } = model.boxHead(pyramid, regions);
  return [
    ['roi_align.first20', toHost(channels.transpose([0, 3, 1, 2]))],
    ['box.class_logits', toHost(classLogits)],
    ['box.deltas', toHost(swapYx(boxDeltas).reshape([regions.boxes.shape[0], -1]))],
  ];
}

/** @param boxes [D, 4] flat, [x1, y1, x2, y2] pixels of the canvas */
function maskTensors(
  model: MaskRcnn,
  pyramid: readonly tf.Tensor4D[],
  boxes: Float32Array,
  roi: Params['model']['roi'],
): Entry[] {
  const key = 'mask.logits.class1';
  const side = 2 * roi.mask_size;
  if (boxes.length === 0) return [nothing(key, [side, side])];
  return [[key, toHost(buildingOf(model.maskHead(pyramid, regionsOf(boxes)), 3))]];
}

/** What a head says about no regions: TensorFlow.js's kernels take none of them. @param shape of each */
function nothing(key: string, shape: readonly number[]): Entry {
  return [key, { shape: [0, ...shape], values: new Float32Array() }];
}

function regionsOf(boxes: Float32Array): Regions {
  const count = boxes.length / 4;
  return flattenRegions(swapYx(tf.tensor3d(boxes, [1, count, 4])));
}

function detect(model: MaskRcnn, params: Params['model'], features: Features, fit: Fit): DetectionList {
  const { boxes, scores, valid } = predict(model, features, params);
  const kept = rowsWhere(valid, scores);
  return {
    boxes: scaleBoxes(rowsWhere(valid, swapYx(boxes)), fit.resized, fit.image),
    scores: kept,
    labels: new Float32Array(kept.length).fill(BUILDING_LABEL),
  };
}

/** The values of the rows [1, R, ...] whose flag in [1, R] is 1. */
function rowsWhere(valid: tf.Tensor2D, rows: tf.Tensor): Float32Array {
  const flags = valid.dataSync();
  const width = rows.size / flags.length;
  return (rows.dataSync() as Float32Array).filter((_, i) => flags[Math.floor(i / width)]! > 0);
}
