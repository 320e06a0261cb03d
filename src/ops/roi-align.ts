/**
 * RoIAlign over a feature pyramid. He et al. 2017, §3 — https://arxiv.org/abs/1703.06870; level rule: Lin et al. 2017, eq. 1
 * — https://arxiv.org/abs/1612.03144. Equal to torchvision's `MultiScaleRoIAlign` with `sampling_ratio=2, aligned=False`.
 *
 * N images · R regions in all · L levels · S output cells on each axis · C channels
 *
 * torchvision takes 2x2 samples in each cell and averages them. All samples of a region lie on one even grid of 2S x 2S,
 * so TensorFlow's `CropAndResize` draws them at once, followed by a 2x2 mean. Samples beyond the map's edge must take
 * the edge's value, where `CropAndResize` gives 0: therefore each map is first extended by its own edge row and column.
 *
 * Each region is cut from one level only. How many a level has depends on the data: `DynamicPartition` and
 * `DynamicStitch` carry that number inside TensorFlow, while the shapes that JavaScript sees are static.
 */
import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, DT_INT32, runKernel, runKernelMulti } from './kernel.ts';

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
/** Samples on each axis of a cell. */
const SAMPLES = 2;
/** torchvision adds this before the floor, so that the canonical size itself belongs to the canonical level. */
const LEVEL_EPSILON = 1e-6;

/**
 * @param levels L maps [N, H, W, C], fine to coarse, strides 4, 8, 16, ...
 * @param regions boxes begin inside the image; padding (any finite box) gives values that the caller ignores
 * @param size S
 * @param canonicalSize pixels: side of a box that is cut from P4 (224 in the paper)
 * @returns [R, S, S, C]; gradients go to the maps, none to the boxes
 */
export function roiAlign(
  levels: readonly tf.Tensor4D[],
  regions: Regions,
  size: number,
  canonicalSize: number,
): tf.Tensor4D {
  const assigned = assignLevels(regions.boxes, levels.length, canonicalSize);
  const grid = sampleGrid(regions.boxes, assigned, levels, size * SAMPLES);
  const samples = cropFromLevels(
    levels,
    { boxes: grid, imageIndices: regions.imageIndices },
    assigned,
    size * SAMPLES,
  );
  return tf.avgPool(samples, SAMPLES, SAMPLES, 'valid');
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

/** @returns [R, samples, samples, C]: each region from its level */
function cropFromLevels(
  levels: readonly tf.Tensor4D[],
  { boxes: grid, imageIndices }: Regions,
  assigned: tf.Tensor1D,
  samples: number,
): tf.Tensor4D {
  const op = tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc;
    const maps = args as tf.Tensor4D[];
    const rows = rowsOfLevels(assigned, maps.length);
    const boxes = rows.map((row) => gather(grid, row, DT_FLOAT));
    const images = rows.map((row) => gather(imageIndices, row, DT_INT32));
    const crops = maps.map((map, i) => cropExtended(map, boxes[i]!, images[i]!, samples));
    save([...rows, ...boxes, ...images]);
    const shapes = maps.map(({ shape }) => shape);
    return {
      value: stitch(rows, crops),
      gradFunc: (dy, saved) => cropGradients(dy as tf.Tensor, saved, shapes),
    };
  });
  return op(...levels) as tf.Tensor4D;
}

function cropExtended(map: tf.Tensor4D, boxes: tf.Tensor, images: tf.Tensor, samples: number): tf.Tensor {
  const extended = runKernel('MirrorPad', [map, edgePaddings()], EDGE_REPEATED);
  const size = tf.tensor1d([samples, samples], 'int32');
  const attributes = { ...BILINEAR, extrapolation_value: { float: 0 } };
  return runKernel('CropAndResize', [extended, boxes, images, size], attributes);
}

function cropGradients(
  dy: tf.Tensor,
  saved: tf.Tensor[],
  shapes: readonly tf.Tensor4D['shape'][],
): tf.Tensor[] {
  const L = shapes.length;
  return shapes.map(([N, H, W, C], i) => {
    const [rows, boxes, images] = [saved[i]!, saved[L + i]!, saved[2 * L + i]!];
    const size = tf.tensor1d([N, H + 1, W + 1, C], 'int32');
    const dCrops = gather(dy, rows, DT_FLOAT);
    const dExtended = runKernel('CropAndResizeGradImage', [dCrops, boxes, images, size], BILINEAR);
    return runKernel('MirrorPadGrad', [dExtended, edgePaddings()], EDGE_REPEATED);
  });
}

const BILINEAR = { T: { type: DT_FLOAT }, method: { string: 'bilinear' } };
const EDGE_REPEATED = { T: { type: DT_FLOAT }, Tpaddings: { type: DT_INT32 }, mode: { string: 'SYMMETRIC' } };

/** One row below and one column to the right. */
function edgePaddings(): tf.Tensor2D {
  return tf.tensor2d(
    [
      [0, 0],
      [0, 1],
      [0, 1],
      [0, 0],
    ],
    [4, 2],
    'int32',
  );
}

/** For each level the indices of its regions, int32, of a length that only TensorFlow knows. */
function rowsOfLevels(assigned: tf.Tensor1D, levels: number): tf.Tensor[] {
  const all = tf.range(0, assigned.shape[0], 1, 'int32');
  const attributes = { num_partitions: { int: levels }, T: { type: DT_INT32 } };
  return runKernelMulti('DynamicPartition', [all, assigned], attributes, levels);
}

function gather(values: tf.Tensor, rows: tf.Tensor, type: number): tf.Tensor {
  return runKernel('GatherV2', [values, rows, tf.scalar(0, 'int32')], {
    Tparams: { type },
    Tindices: { type: DT_INT32 },
    Taxis: { type: DT_INT32 },
    batch_dims: { int: 0 },
  });
}

function stitch(rows: readonly tf.Tensor[], parts: readonly tf.Tensor[]): tf.Tensor {
  return runKernel('DynamicStitch', [...rows, ...parts], { N: { int: rows.length }, T: { type: DT_FLOAT } });
}
