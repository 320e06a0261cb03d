/**
 * Which ops make tensors whose shape depends on data. TensorFlow copes with such shapes, but JavaScript saw those of one
 * run only: what tfjs computes from them (sizes, axes, means) would be wrong in every other run.
 */

/** The number of results depends on the values. */
const DATA_DEPENDENT = new Set([
  ...['Where', 'DynamicPartition', 'Unique', 'UniqueV2', 'UniqueWithCounts', 'ListDiff'],
  ...['NonMaxSuppression', 'NonMaxSuppressionV2', 'NonMaxSuppressionV3', 'NonMaxSuppressionV5', 'StringSplit'],
]);

/** Inputs that say how large the result is, by their position: a shape, a size, a count. */
const SIZE_INPUTS: Readonly<Record<string, readonly number[]>> = {
  BroadcastTo: [1],
  CropAndResize: [3],
  CropAndResizeGradImage: [3],
  Fill: [0],
  LinSpace: [2],
  MirrorPad: [1],
  NonMaxSuppressionV4: [2],
  OneHot: [1],
  Pad: [1],
  PadV2: [1],
  Range: [0, 1, 2],
  Reshape: [1],
  ResizeBilinear: [1],
  ResizeNearestNeighbor: [1],
  ScatterNd: [2],
  Slice: [2],
  StatelessRandomNormal: [0],
  StatelessRandomUniform: [0],
  StatelessRandomUniformInt: [0],
  StridedSlice: [1, 2, 3],
  Tile: [1],
  TopKV2: [1],
  UnsortedSegmentSum: [2],
};

/**
 * The result's shape is given by a size or by a promise of the caller, whatever the shapes of the other inputs.
 * `DynamicStitch` promises that its indices together always name the same rows.
 */
const STATIC_AGAIN = new Set([
  ...['CropAndResizeGradImage', 'DynamicStitch', 'ParallelDynamicStitch', 'ScatterNd', 'UnsortedSegmentSum'],
  ...['TensorScatterAdd', 'TensorScatterUpdate', 'Rank', 'Shape', 'Size', 'L2Loss'],
]);

/**
 * @param inputs of the op: whether each is a constant, and whether its shape depends on data
 * @returns whether the shapes of the op's outputs depend on data
 */
export function makesDynamicShape(
  op: string,
  inputs: readonly { constant: boolean; dynamic: boolean }[],
): boolean {
  if (DATA_DEPENDENT.has(op)) return true;
  if ((SIZE_INPUTS[op] ?? []).some((at) => inputs[at] && !inputs[at].constant)) return true;
  return !STATIC_AGAIN.has(op) && inputs.some(({ dynamic }) => dynamic);
}
