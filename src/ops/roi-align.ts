/**
 * RoIAlign over a feature pyramid. He et al. 2017, §3 — https://arxiv.org/abs/1703.06870; level rule: Lin et al. 2017, eq. 1
 * — https://arxiv.org/abs/1612.03144. Equal to torchvision's `MultiScaleRoIAlign` with `aligned=False`.
 *
 * N images · R regions in all · L levels · S output cells on each axis · P samples on each axis of a cell · C channels
 *
 * torchvision takes P x P samples in each cell and averages them. All samples of a region lie on one even grid of
 * P·S x P·S, so TensorFlow's `CropAndResize` draws them at once, followed by a P x P mean. Samples beyond the map's edge must take
 * the edge's value, where `CropAndResize` gives 0: therefore each map is first extended by its own edge row and column.
 *
 * Each region is cut from one level only (`level-crops.ts`).
 */
import { tf } from '../system/tensorflow.ts';
import { meanCrops } from './level-crops.ts';

/** Regions of all images in one list. */
export interface Regions {
  /** [R, 4] pixels */
  boxes: tf.Tensor2D;
  /** [R] int32: the image of each region */
  imageIndices: tf.Tensor1D;
}

/**
 * @param boxes [N, P, 4]
 * @returns N·P regions, image after image
 */
export function flattenRegions(boxes: tf.Tensor3D): Regions {
  const [N, P] = boxes.shape;
  const images = tf.range(0, N, 1, 'int32').expandDims(1).tile([1, P]);
  return { boxes: boxes.reshape([-1, 4]), imageIndices: images.flatten() };
}

/** Level to which boxes of the canonical size belong (eq. 1: k0 = 4), and the finest level: P2, stride 4. */
const CANONICAL_LEVEL = 4;
const FIRST_LEVEL = 2;
/** torchvision adds this before the floor, so that the canonical size itself belongs to the canonical level. */
const LEVEL_EPSILON = 1e-6;

/** What is cut. */
export interface RoiAlignOptions {
  /** S */
  size: number;
  /** Pixels: side of a box that is cut from P4 (224 in the paper). */
  canonicalSize: number;
  /** P >= 1 (2 in torchvision's Mask R-CNN). */
  samplingRatio: number;
}

/**
 * @param levels L maps [N, H, W, C], fine to coarse, strides 4, 8, 16, ...
 * @param regions boxes begin inside the image; padding (any finite box) gives values that the caller ignores
 * @returns [R, S, S, C]; gradients go to the maps, none to the boxes
 */
export function roiAlign(
  levels: readonly tf.Tensor4D[],
  regions: Regions,
  { size, canonicalSize, samplingRatio: samples }: RoiAlignOptions,
): tf.Tensor4D {
  const assigned = assignLevels(regions.boxes, levels.length, canonicalSize);
  const grid = sampleGrid(regions.boxes, assigned, levels, size * samples);
  const crops = { boxes: grid, imageIndices: regions.imageIndices, levels: assigned };
  return meanCrops(levels, crops, { size, samples });
}

/**
 * @param boxes [R, 4]
 * @returns [R] int32 in [0, levels): index of the map that each box is cut from
 */
export function assignLevels(boxes: tf.Tensor2D, levels: number, canonicalSize: number): tf.Tensor1D {
  const [y1, x1, y2, x2] = tf.unstack(boxes, 1) as Edges;
  const side = tf
    .relu(y2.sub(y1))
    .mul(tf.relu(x2.sub(x1)))
    .sqrt();
  const log2 = side.div(canonicalSize).maximum(Number.EPSILON).log().div(Math.LN2);
  const level = log2.add(CANONICAL_LEVEL - FIRST_LEVEL + LEVEL_EPSILON).floor();
  return tf.cast(tf.clipByValue(level, 0, levels - 1), 'int32') as tf.Tensor1D;
}

type Edges = [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];

/**
 * The box whose corners are the first and last sample, in `CropAndResize`'s units on the extended map of
 * (H + 1) x (W + 1): 0 = centre of the first pixel, 1 = centre of the last. Samples beyond that give 0, as in
 * torchvision. (torchvision moves samples before the first pixel's centre onto it; boxes that begin inside have none.)
 * @returns [R, 4]
 */
function sampleGrid(
  boxes: tf.Tensor2D,
  assigned: tf.Tensor1D,
  levels: readonly tf.Tensor4D[],
  samples: number,
): tf.Tensor2D {
  const perLevel = (value: (level: tf.Tensor4D, index: number) => number) =>
    tf.gather(tf.tensor1d(levels.map(value)), assigned);
  const scaled = boxes.div(perLevel((_, index) => 2 ** (FIRST_LEVEL + index)).expandDims(1));
  const [y1, x1, y2, x2] = tf.unstack(scaled, 1) as Edges;
  const axis = (low: tf.Tensor, high: tf.Tensor, extent: tf.Tensor) => {
    const step = high.sub(low).maximum(1).div(samples);
    const first = low.add(step.mul(0.5));
    return [first.div(extent), first.add(step.mul(samples - 1)).div(extent)] as const;
  };
  const [top, bottom] = axis(
    y1,
    y2,
    perLevel((level) => level.shape[1]),
  );
  const [left, right] = axis(
    x1,
    x2,
    perLevel((level) => level.shape[2]),
  );
  return tf.stack([top, left, bottom, right], 1) as tf.Tensor2D;
}
