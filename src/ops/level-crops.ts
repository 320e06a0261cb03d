/**
 * Crops from several maps at once, each from one of them, put back in the order of the regions.
 *
 * How many regions a map has depends on the data: `DynamicPartition` and `DynamicStitch` carry that number inside
 * TensorFlow, while the shapes that JavaScript sees are static.
 *
 * R regions · L maps · S output cells on each axis · P samples on each axis of a cell · C channels
 */
import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, DT_INT32, runKernel, runKernelMulti } from './kernel.ts';

/** What is cut from where. */
export interface Crops {
  /**
   * [R, 4] first and last sample, in `CropAndResize`'s units on the map extended by its own last row and column:
   * 0 = centre of the first pixel, 1 = centre of the last
   */
  boxes: tf.Tensor2D;
  /** [R] int32: the image of each region */
  imageIndices: tf.Tensor1D;
  /** [R] int32 in [0, L): the map of each region */
  levels: tf.Tensor1D;
}

/** Size of the results. */
export interface CropSize {
  /** S */
  size: number;
  /** P */
  samples: number;
}

/**
 * Bilinear samples on an even grid of S·P x S·P, averaged over the P x P of each cell; 0 beyond the extended map.
 * They are averaged before the regions are put in order, where they are P·P times fewer values.
 * @param maps L maps [N, H, W, C]
 * @returns [R, S, S, C]; gradients go to the maps, none to the boxes
 */
export function meanCrops(maps: readonly tf.Tensor4D[], crops: Crops, size: CropSize): tf.Tensor4D {
  const op = tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc;
    const inputs = args as tf.Tensor4D[];
    const rows = rowsOfLevels(crops.levels, inputs.length);
    const boxes = rows.map((row) => gather(crops.boxes, row, DT_FLOAT));
    const images = rows.map((row) => gather(crops.imageIndices, row, DT_INT32));
    const parts = inputs.map((map, i) => meanCrop(map, boxes[i]!, images[i]!, size));
    save([...rows, ...boxes, ...images]);
    const shapes = inputs.map(({ shape }) => shape);
    return {
      value: stitch(rows, parts),
      gradFunc: (dy, saved) => gradients(dy as tf.Tensor, saved, shapes, size),
    };
  });
  return op(...maps) as tf.Tensor4D;
}

function meanCrop(map: tf.Tensor4D, boxes: tf.Tensor, images: tf.Tensor, { size, samples }: CropSize) {
  const extended = runKernel('MirrorPad', [map, edgePaddings()], EDGE_REPEATED);
  const attributes = { ...BILINEAR, extrapolation_value: { float: 0 } };
  const crop = runKernel('CropAndResize', [extended, boxes, images, square(size * samples)], attributes);
  const cell = { ints: [1, samples, samples, 1] };
  return runKernel('AvgPool', [crop], { ...POOL, ksize: cell, strides: cell });
}

function gradients(
  dy: tf.Tensor,
  saved: tf.Tensor[],
  shapes: readonly tf.Tensor4D['shape'][],
  { size, samples }: CropSize,
): tf.Tensor[] {
  const L = shapes.length;
  const dSample = dy.mul(1 / samples ** 2);
  return shapes.map(([N, H, W, C], i) => {
    const [rows, boxes, images] = [saved[i]!, saved[L + i]!, saved[2 * L + i]!];
    // Each sample has the same share in its cell's mean. (`AvgPoolGrad` takes more than twice as long.)
    const dCells = gather(dSample, rows, DT_FLOAT);
    const dCrop = runKernel('ResizeNearestNeighbor', [dCells, square(size * samples)], REPEAT);
    const extended = tf.tensor1d([N, H + 1, W + 1, C], 'int32');
    const dExtended = runKernel('CropAndResizeGradImage', [dCrop, boxes, images, extended], BILINEAR);
    return runKernel('MirrorPadGrad', [dExtended, edgePaddings()], EDGE_REPEATED);
  });
}

const BILINEAR = { T: { type: DT_FLOAT }, method: { string: 'bilinear' } };
const EDGE_REPEATED = { T: { type: DT_FLOAT }, Tpaddings: { type: DT_INT32 }, mode: { string: 'SYMMETRIC' } };
const POOL = { T: { type: DT_FLOAT }, padding: { string: 'VALID' }, data_format: { string: 'NHWC' } };
const REPEAT = { T: { type: DT_FLOAT }, align_corners: { bool: false }, half_pixel_centers: { bool: true } };

function square(side: number): tf.Tensor1D {
  return tf.tensor1d([side, side], 'int32');
}

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
