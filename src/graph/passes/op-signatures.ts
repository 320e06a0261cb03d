/**
 * The types of the inputs and outputs of TensorFlow's operations, as its op registry has them (TensorFlow 2.21). The
 * registry is out of reach from JavaScript, so the operations of training steps are written down here, those with
 * lists of types left out. A pass leaves an operation that is not here as it is.
 */
import { type Attribute, DataType, type DataTypeNumber, isControl, type Node } from '../graph.ts';

/** The types of an operation's data inputs and outputs: names of type attributes (`T`), or fixed types (`int32`). */
export interface OpSignature {
  inputs: readonly string[];
  /** Position in `inputs` of the one that stands for one input or more; -1 where each stands for one. */
  repeatedAt: number;
  outputs: readonly string[];
  /** true where the last of `outputs` stands for one output or more. */
  manyOutputs: boolean;
}

/** Inputs -> outputs: operations. `...` marks what may come more than once. */
const SIGNATURES: Readonly<Record<string, string>> = {
  '->': 'NoOp',
  '-> dtype': 'Const Placeholder',
  '-> resource': 'VarHandleOp',
  'resource -> dtype': 'ReadVariableOp',
  'resource -> bool': 'VarIsInitializedOp',
  'resource dtype ->': 'AssignVariableOp AssignAddVariableOp AssignSubVariableOp',
  'resource T T ->': 'ResourceApplyGradientDescent',
  'resource resource T T T ->': 'ResourceApplyMomentum ResourceApplyKerasMomentum',
  'resource resource resource T T T T T T T ->': 'ResourceApplyAdam',
  'SrcT -> DstT': 'Cast',
  'T -> T':
    'Identity StopGradient ZerosLike OnesLike Abs Neg Sign Reciprocal Square Sqrt Rsqrt Exp Expm1 Log Log1p ' +
    'Floor Ceil Round Rint Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Erf Sigmoid Softplus Softmax LogSoftmax ' +
    'Relu Relu6 LeakyRelu Elu Selu Squeeze MaxPool AvgPool BiasAddGrad L2Loss SpaceToDepth DepthToSpace',
  'T T -> T':
    'MatMul BatchMatMul BatchMatMulV2 Conv2D DepthwiseConv2dNative Add AddV2 Sub Mul Div DivNoNan RealDiv ' +
    'FloorDiv FloorMod Mod Maximum Minimum Pow Atan2 SquaredDifference BiasAdd ReluGrad Relu6Grad LeakyReluGrad ' +
    'EluGrad SeluGrad SigmoidGrad TanhGrad SoftplusGrad',
  'T T T -> T': 'ClipByValue MaxPoolGrad',
  'T... -> T': 'AddN Pack',
  'T... -> T int32': 'Merge',
  'T bool -> T T': 'Switch',
  'T... Tidx -> T': 'ConcatV2',
  'T int32 T -> T': 'Conv2DBackpropFilter DepthwiseConv2dNativeBackpropFilter',
  'int32 T T -> T': 'Conv2DBackpropInput DepthwiseConv2dNativeBackpropInput',
  'int32 T -> T': 'AvgPoolGrad',
  'T int32 -> T': 'ResizeNearestNeighbor ResizeNearestNeighborGrad',
  'T int32 -> float': 'ResizeBilinear',
  'float T -> T': 'ResizeBilinearGrad',
  'T float int32 int32 -> float': 'CropAndResize',
  'float float int32 int32 -> T': 'CropAndResizeGradImage',
  'T Tshape -> T': 'Reshape',
  'T Tdim -> T': 'ExpandDims',
  'T Tperm -> T': 'Transpose',
  'T Tpaddings -> T': 'Pad MirrorPad MirrorPadGrad',
  'T Tpaddings T -> T': 'PadV2',
  'T Tmultiples -> T': 'Tile',
  'T Index Index -> T': 'Slice',
  'T Index Index Index -> T': 'StridedSlice',
  'T Tidx -> T': 'Sum Mean Prod Max Min EuclideanNorm Cumsum ReverseV2 BroadcastTo',
  'bool Tidx -> bool': 'All Any',
  'T Tidx -> output_type': 'ArgMax ArgMin',
  'T T -> bool': 'Greater GreaterEqual Less LessEqual Equal NotEqual',
  'T -> bool': 'IsNan IsFinite IsInf',
  'bool bool -> bool': 'LogicalAnd LogicalOr',
  'bool -> bool': 'LogicalNot',
  'bool T T -> T': 'Select SelectV2',
  'T -> out_type': 'Shape Size',
  'T -> int32': 'Rank',
  'T -> int64': 'Where',
  'index_type T -> T': 'Fill',
  'Tidx Tidx Tidx -> Tidx': 'Range',
  'TI int32 T T -> T': 'OneHot',
  'T Tk -> T index_type': 'TopKV2',
  'int32 T -> T...': 'Split',
  'T Tlen int32 -> T...': 'SplitV',
  'T int32 -> T...': 'DynamicPartition',
  'T -> T...': 'Unpack',
  'Tparams Tindices -> Tparams': 'Gather GatherNd',
  'Tparams Tindices Taxis -> Tparams': 'GatherV2',
  'Tindices T Tindices -> T': 'ScatterNd',
  'T Tindices T -> T': 'TensorScatterUpdate TensorScatterAdd',
  'T Tindices Tnumsegments -> T': 'UnsortedSegmentSum',
  'T T int32 T_threshold T_threshold -> int32 int32': 'NonMaxSuppressionV4',
  'T Tseed -> dtype': 'StatelessRandomUniform StatelessRandomNormal StatelessTruncatedNormal',
  'T Tseed dtype dtype -> dtype': 'StatelessRandomUniformInt',
};

const FIXED_TYPES: Readonly<Record<string, DataTypeNumber>> = {
  float: DataType.FLOAT,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
  resource: DataType.RESOURCE,
};

const REPEATED = '...';

const BY_OP: ReadonlyMap<string, OpSignature> = new Map(
  Object.entries(SIGNATURES).flatMap(([text, ops]) => {
    const signature = parseSignature(text);
    return ops.split(' ').map((op) => [op, signature] as const);
  }),
);

/** @returns the operation's signature; undefined for one that is not in the table */
export function signatureOf(op: string): OpSignature | undefined {
  return BY_OP.get(op);
}

/**
 * @param count number of the node's data inputs
 * @returns the name in the signature of each data input's type; null where the operation takes another number of them
 */
export function inputTypeNames(signature: OpSignature, count: number): readonly string[] | null {
  const { inputs, repeatedAt } = signature;
  if (repeatedAt < 0) return count === inputs.length ? inputs : null;
  const more = count - inputs.length;
  if (more < 0) return null;
  const repeated = Array<string>(more).fill(inputs[repeatedAt]!);
  return [...inputs.slice(0, repeatedAt), ...repeated, ...inputs.slice(repeatedAt)];
}

/** @returns the name in the signature of an output's type; undefined where the operation has no such output */
export function outputTypeName(signature: OpSignature, index: number): string | undefined {
  const { outputs, manyOutputs } = signature;
  return outputs[manyOutputs ? Math.min(index, outputs.length - 1) : index];
}

/** true for a name in a signature that is a type itself, such as `int32`. */
export function isFixedType(name: string): boolean {
  return name in FIXED_TYPES;
}

/** @returns the type behind a name in the node's signature; undefined where the node leaves it to TensorFlow */
export function typeNamed(node: Node, name: string): DataTypeNumber | undefined {
  return FIXED_TYPES[name] ?? typeAttribute(node.attributes[name]);
}

/** The node's data inputs: those that come before its control inputs. */
export function dataInputs(node: Node): readonly string[] {
  return node.inputs.some(isControl) ? node.inputs.filter((input) => !isControl(input)) : node.inputs;
}

/** The number of the output that a data input names: `a` → 0, `a:2` → 2. */
export function outputOfInput(input: string): number {
  const colon = input.indexOf(':');
  return colon < 0 ? 0 : Number(input.slice(colon + 1));
}

function typeAttribute(attribute: Attribute | undefined): DataTypeNumber | undefined {
  return attribute && 'type' in attribute ? attribute.type : undefined;
}

function parseSignature(text: string): OpSignature {
  const [inputs, outputs] = text.split('->').map((side) => side.split(' ').filter((name) => name !== ''));
  const bare = (names: readonly string[]) => names.map((name) => name.replace(REPEATED, ''));
  return {
    inputs: bare(inputs!),
    repeatedAt: inputs!.findIndex((name) => name.endsWith(REPEATED)),
    outputs: bare(outputs!),
    manyOutputs: outputs!.some((name) => name.endsWith(REPEATED)),
  };
}
