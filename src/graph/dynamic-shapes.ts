/**
 * Which ops make tensors whose shape depends on data. TensorFlow copes with such shapes, but JavaScript saw those of one
 * run only: what tfjs computes from them (sizes, axes, means) would be wrong in every other run.
 */
import type { Attribute } from './graph.ts';

/** The number of results depends on the values. */
const DATA_DEPENDENT = new Set([
  ...[
    'Where',
    'DynamicPartition',
    'Unique',
    'UniqueV2',
    'UniqueWithCounts',
    'UniqueWithCountsV2',
    'ListDiff',
  ],
  ...['NonMaxSuppression', 'NonMaxSuppressionV2', 'NonMaxSuppressionV3', 'StringSplit', 'StringSplitV2'],
  ...['SegmentSum', 'SegmentMean', 'SegmentMax', 'SegmentMin', 'SegmentProd'],
  ...['SparseSegmentSum', 'SparseSegmentMean', 'SparseFillEmptyRows', 'RaggedRange', 'RaggedGather'],
]);

/** The number of results depends on the values, unless the op pads them to a size. */
const PADDED = new Set(['NonMaxSuppressionV4', 'NonMaxSuppressionV5']);

/** Inputs that say how large the result is, by their position: a shape, a size, a count. */
const SIZE_INPUTS: Readonly<Record<string, readonly number[]>> = {
  AvgPoolGrad: [0],
  BatchToSpaceND: [1, 2],
  Bincount: [1],
  BroadcastTo: [1],
  Conv2DBackpropFilter: [1],
  Conv2DBackpropInput: [0],
  CropAndResize: [3],
  CropAndResizeGradImage: [3],
  DenseBincount: [1],
  Fill: [0],
  ImageProjectiveTransformV3: [2],
  LinSpace: [2],
  MirrorPad: [1],
  NonMaxSuppressionV4: [2],
  NonMaxSuppressionV5: [2],
  OneHot: [1],
  Pad: [1],
  PadV2: [1],
  Range: [0, 1, 2],
  Reshape: [1],
  ResizeArea: [1],
  ResizeBicubic: [1],
  ResizeBilinear: [1],
  ResizeNearestNeighbor: [1],
  ScatterNd: [2],
  Slice: [2],
  SpaceToBatchND: [1, 2],
  SparseToDense: [1],
  SplitV: [1],
  StatelessRandomNormal: [0],
  StatelessRandomUniform: [0],
  StatelessRandomUniformInt: [0],
  StatelessTruncatedNormal: [0],
  StridedSlice: [1, 2, 3],
  Tile: [1],
  TopKV2: [1],
  UnsortedSegmentMax: [2],
  UnsortedSegmentMin: [2],
  UnsortedSegmentProd: [2],
  UnsortedSegmentSum: [2],
};

/**
 * The result's shape is given by a size or by a promise of the caller, whatever the shapes of the other inputs.
 * `DynamicStitch` promises that its indices together always name the same rows.
 */
const STATIC_AGAIN = new Set([
  ...['CropAndResizeGradImage', 'DynamicStitch', 'ParallelDynamicStitch', 'ScatterNd', 'SparseToDense'],
  ...['UnsortedSegmentMax', 'UnsortedSegmentMin', 'UnsortedSegmentProd', 'UnsortedSegmentSum'],
  ...['Rank', 'Shape', 'Size', 'L2Loss'],
]);

/** The result has the shape of the first input, whatever the shapes of the others. */
const SHAPED_LIKE_FIRST = new Set(['TensorScatterAdd', 'TensorScatterUpdate']);

/**
 * @param inputs of the op: whether each is a constant, and whether its shape depends on data
 * @returns whether the shapes of the op's outputs depend on data
 */
export function makesDynamicShape(
  op: string,
  inputs: readonly { constant: boolean; dynamic: boolean }[],
  attributes: Readonly<Record<string, Attribute>>,
): boolean {
  if (DATA_DEPENDENT.has(op)) return true;
  if (PADDED.has(op) && !isSet(attributes.pad_to_max_output_size)) return true;
  if ((SIZE_INPUTS[op] ?? []).some((at) => inputs[at] && !inputs[at].constant)) return true;
  if (SHAPED_LIKE_FIRST.has(op)) return inputs[0]!.dynamic;
  return !STATIC_AGAIN.has(op) && !PADDED.has(op) && inputs.some(({ dynamic }) => dynamic);
}

function isSet(attribute: Attribute | undefined): boolean {
  return attribute !== undefined && 'b' in attribute && attribute.b;
}
