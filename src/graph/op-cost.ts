/**
 * Floating-point operations of an op, from its name and shapes: a multiply-add counts as two, as hardware's peaks are given
 * (papers that count "MACs" have half as many). One operation of any other kind, a square root as well as a sum, is one. What
 * moves, chooses or sorts values costs none.
 */
import type { Attribute } from './graph.ts';
import { isTrue, sizeOf, type TensorSpec } from './shape-rules.ts';

/** An op and what goes in and out; variables that it changes are not among the inputs. */
export interface CostedOp {
  op: string;
  attributes: Readonly<Record<string, Attribute>>;
  inputs: readonly TensorSpec[];
  outputs: readonly TensorSpec[];
}

/** @returns >= 0; where padding saves some products (`SAME` at an edge), they are counted as if it did not */
export function flopsOf(op: CostedOp): number {
  return (COSTS.get(op.op) ?? perOutput(1))(op);
}

type Cost = (op: CostedOp) => number;

const perOutput =
  (flops: number): Cost =>
  ({ outputs }) =>
    flops * (outputs[0] ? sizeOf(outputs[0].shape) : 0);

/** @param of which input */
const perInput =
  (flops: number, of = 0): Cost =>
  ({ inputs }) =>
    flops * sizeOf(inputs[of]!.shape);

/** Per weight, by the gradient. */
const perWeight =
  (flops: number, gradient: number): Cost =>
  ({ inputs }) =>
    flops * sizeOf(inputs[gradient]!.shape);

/** One multiply-add for each value of a map that the convolution makes, and each weight of the filter that leads to it. */
const convolution =
  (map: (op: CostedOp) => TensorSpec, filter: (op: CostedOp) => TensorSpec): Cost =>
  (op) => {
    const [height, width, channels] = filter(op).shape as [number, number, number];
    return 2 * sizeOf(map(op).shape) * height * width * channels;
  };

const depthwise =
  (map: (op: CostedOp) => TensorSpec, filter: (op: CostedOp) => TensorSpec): Cost =>
  (op) => {
    const [height, width] = filter(op).shape as [number, number];
    return 2 * sizeOf(map(op).shape) * height * width;
  };

const input = (i: number) => (op: CostedOp) => op.inputs[i]!;
const output = (op: CostedOp) => op.outputs[0]!;

const matrixProduct: Cost = ({ inputs: [a], outputs: [product], attributes }) => {
  const inner = a!.shape.at(isTrue(attributes.transpose_a) || isTrue(attributes.adj_x) ? -2 : -1)!;
  return 2 * sizeOf(product!.shape) * inner;
};

/** One comparison or sum for each value in each window. */
const pooling =
  (windows: (op: CostedOp) => TensorSpec): Cost =>
  (op) => {
    const { ksize } = op.attributes;
    const window = ksize && 'list' in ksize ? (ksize.list.i ?? []).map(Number) : [];
    return sizeOf(windows(op).shape) * sizeOf(window);
  };

const sumOfInputs: Cost = ({ inputs, outputs }) => (inputs.length - 1) * sizeOf(outputs[0]!.shape);

/** Three linear interpolations a + t·(b − a). */
const BILINEAR = 9;
/** Its gradient: four products with the weights of the neighbours, each added to one of them. */
const BILINEAR_GRADIENT = 8;
/** m and v: a share of a difference each, and a square; w: a quotient with a root. */
const ADAM = 12;
/** m = μ·m + g, w = w − lr·m */
const MOMENTUM = 4;

const FREE =
  'Const Placeholder NoOp VarHandleOp VarIsInitializedOp ReadVariableOp AssignVariableOp Identity StopGradient Switch Merge Cast ' +
  'Reshape ExpandDims Squeeze Transpose Slice StridedSlice Pad PadV2 MirrorPad Tile BroadcastTo ConcatV2 Pack Unpack Split SplitV ' +
  'Gather GatherV2 GatherNd ScatterNd TensorScatterUpdate DynamicPartition DynamicStitch ReverseV2 SpaceToDepth DepthToSpace ' +
  'Fill ZerosLike OnesLike Range LinSpace OneHot Shape Size Rank Where Select SelectV2 TopKV2 NonMaxSuppressionV4 ' +
  'NonMaxSuppressionV5 ResizeNearestNeighbor StatelessRandomUniform StatelessRandomUniformInt';

const COSTS = new Map<string, Cost>(
  (
    [
      [FREE, () => 0],
      ['Conv2D', convolution(output, input(1))],
      ['Conv2DBackpropInput', convolution(input(2), input(1))],
      ['Conv2DBackpropFilter', convolution(input(2), output)],
      ['DepthwiseConv2dNative', depthwise(output, input(1))],
      ['DepthwiseConv2dNativeBackpropInput', depthwise(input(2), input(1))],
      ['DepthwiseConv2dNativeBackpropFilter', depthwise(input(2), output)],
      ['MatMul BatchMatMul BatchMatMulV2', matrixProduct],
      ['MaxPool AvgPool', pooling(output)],
      ['MaxPoolGrad', pooling(input(2))],
      ['AvgPoolGrad', pooling(input(1))],
      ['Sum Mean Prod Max Min Any All ArgMax ArgMin Cumsum BiasAddGrad UnsortedSegmentSum', perInput(1)],
      ['ResizeNearestNeighborGrad MirrorPadGrad TensorScatterAdd', perInput(1)],
      ['EuclideanNorm L2Loss', perInput(2)],
      ['AddN', sumOfInputs],
      ['SquaredDifference', perOutput(2)],
      ['CropAndResize ResizeBilinear', perOutput(BILINEAR)],
      ['CropAndResizeGradImage ResizeBilinearGrad', perInput(BILINEAR_GRADIENT)],
      ['ResourceApplyAdam', perWeight(ADAM, 6)],
      ['ResourceApplyMomentum ResourceApplyKerasMomentum', perWeight(MOMENTUM, 1)],
      ['ResourceApplyGradientDescent', perWeight(2, 1)],
      ['AssignAddVariableOp AssignSubVariableOp', perWeight(1, 0)],
    ] as const
  ).flatMap(([ops, cost]) => ops.split(' ').map((op) => [op, cost] as const)),
);
