/**
 * Shapes and types of an op's outputs from those of its inputs, for the ops that large tensors go through: the shape functions
 * of TensorFlow's op registry, which is out of reach from JavaScript. Layouts are NHWC and HWIO, as everywhere in tfjs.
 */
import { type Attribute, DataType, type DataTypeNumber } from './graph.ts';

/** What a tensor is without its values. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DataTypeNumber;
}

/** An op about to run. */
export interface RuledOp {
  op: string;
  attributes: Readonly<Record<string, Attribute>>;
  inputs: readonly TensorSpec[];
  /** The values of an int32 input; null where they are not known. */
  ints(input: number): readonly number[] | null;
}

/** One output, or several. */
type Rule = (op: RuledOp) => TensorSpec | readonly TensorSpec[] | null;

/** @returns the op's outputs; null where no rule tells them */
export function outputsByRule(op: RuledOp): readonly TensorSpec[] | null {
  const outputs = RULES.get(op.op)?.(op) ?? null;
  return outputs && [outputs].flat();
}

/** Number of elements; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The shape that arithmetic between these shapes has, as in NumPy. */
function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[shape.length - rank + axis] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

/** As an input, whatever the others are. */
const like =
  (input: number): Rule =>
  ({ inputs }) =>
    inputs[input]!;

/** Element by element. @param as the type; that of an input where a number of one is given */
const elementwise =
  (as: { type: DataTypeNumber } | { typeOf: number }): Rule =>
  ({ inputs }) => ({
    shape: broadcast(inputs.map(({ shape }) => shape)),
    dtype: 'type' in as ? as.type : inputs[as.typeOf]!.dtype,
  });

/** The shape is given by an input's values. */
const sized =
  (by: number, typeOf: number): Rule =>
  ({ inputs, ints }) => {
    const shape = ints(by);
    return shape && { shape, dtype: inputs[typeOf]!.dtype };
  };

const convolution: Rule = ({ inputs: [x, filter], attributes }) => {
  const [height, width, , channels] = filter!.shape as Shape4;
  return slide(x!, { height, width, channels }, attributes);
};

const pooling: Rule = ({ inputs: [x], attributes }) => {
  const [, height, width] = intsOf(attributes.ksize) as Shape4;
  return slide(x!, { height, width, channels: x!.shape[3]! }, attributes);
};

const matrixProduct: Rule = ({ inputs: [a, b], attributes }) => {
  const [left, right] = [a!.shape, b!.shape];
  const rows = left.at(isTrue(attributes.transpose_a) || isTrue(attributes.adj_x) ? -1 : -2)!;
  const columns = right.at(isTrue(attributes.transpose_b) || isTrue(attributes.adj_y) ? -2 : -1)!;
  const outer = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  return { shape: [...outer, rows, columns], dtype: a!.dtype };
};

const reduction: Rule = ({ inputs: [x], ints, attributes }) => {
  const axes = ints(1)?.map((axis) => fromFront(axis, x!.shape));
  if (!axes) return null;
  const kept = isTrue(attributes.keep_dims)
    ? x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : x!.shape.filter((_, axis) => !axes.includes(axis));
  return { shape: kept, dtype: x!.dtype };
};

const best: Rule = ({ inputs: [x], ints, attributes: { output_type } }) => {
  const [at] = ints(1) ?? [];
  if (at === undefined || !output_type || !('type' in output_type)) return null;
  return { shape: x!.shape.toSpliced(fromFront(at, x!.shape), 1), dtype: output_type.type };
};

/** @param sign 1 where the paddings are put on, -1 where they are taken off */
const padding =
  (sign: 1 | -1): Rule =>
  ({ inputs: [x], ints }) => {
    const margins = ints(1);
    if (!margins) return null;
    const shape = x!.shape.map((size, axis) => size + sign * (margins[2 * axis]! + margins[2 * axis + 1]!));
    return { shape, dtype: x!.dtype };
  };

const reshape: Rule = ({ inputs: [x], ints }) => {
  const shape = ints(1);
  if (!shape) return null;
  const given = sizeOf(shape.filter((size) => size >= 0));
  return {
    shape: shape.map((size) => (size >= 0 ? size : sizeOf(x!.shape) / given)),
    dtype: x!.dtype,
  };
};

const concatenation: Rule = ({ inputs, ints }) => {
  const parts = inputs.slice(0, -1);
  const [at] = ints(parts.length) ?? [];
  if (at === undefined) return null;
  const axis = fromFront(at, parts[0]!.shape);
  const length = sum(parts.map(({ shape }) => shape[axis]!));
  return { shape: parts[0]!.shape.with(axis, length), dtype: parts[0]!.dtype };
};

const splitting: Rule = ({ inputs: [x], ints }) => {
  const [lengths, at] = [ints(1), ints(2)?.[0]];
  if (!lengths || at === undefined) return null;
  const axis = fromFront(at, x!.shape);
  const rest = x!.shape[axis]! - sum(lengths.filter((length) => length >= 0));
  return lengths.map((length) => ({
    shape: x!.shape.with(axis, length >= 0 ? length : rest),
    dtype: x!.dtype,
  }));
};

const slicing: Rule = ({ inputs: [x], ints }) => {
  const [begin, lengths] = [ints(1), ints(2)];
  if (!begin || !lengths) return null;
  const shape = lengths.map((length, axis) => (length >= 0 ? length : x!.shape[axis]! - begin[axis]!));
  return { shape, dtype: x!.dtype };
};

const stacking: Rule = ({ inputs, attributes }) => {
  const [{ shape, dtype }] = inputs as [TensorSpec];
  const axis = fromFront(intOf(attributes.axis), [...shape, 1]);
  return { shape: shape.toSpliced(axis, 0, inputs.length), dtype };
};

const unstacking: Rule = ({ inputs: [x], attributes }) => {
  const axis = fromFront(intOf(attributes.axis), x!.shape);
  const part = { shape: x!.shape.toSpliced(axis, 1), dtype: x!.dtype };
  return Array.from({ length: x!.shape[axis]! }, () => part);
};

const expansion: Rule = ({ inputs: [x], ints }) => {
  const [at] = ints(1) ?? [];
  if (at === undefined) return null;
  return { shape: x!.shape.toSpliced(fromFront(at, [...x!.shape, 1]), 0, 1), dtype: x!.dtype };
};

const gathering: Rule = ({ inputs: [values, indices], ints, attributes }) => {
  const [at] = ints(2) ?? [];
  if (at === undefined) return null;
  const axis = fromFront(at, values!.shape);
  const shared = intOf(attributes.batch_dims);
  const shape = [
    ...values!.shape.slice(0, axis),
    ...indices!.shape.slice(shared),
    ...values!.shape.slice(axis + 1),
  ];
  return { shape, dtype: values!.dtype };
};

/** The first half of the inputs are indices, which together promise to name each row once. */
const stitching: Rule = ({ inputs }) => {
  const half = inputs.length / 2;
  const [indices, data] = [inputs.slice(0, half), inputs.slice(half)];
  const rows = sum(indices.map(({ shape }) => sizeOf(shape)));
  return { shape: [rows, ...data[0]!.shape.slice(indices[0]!.shape.length)], dtype: data[0]!.dtype };
};

const resizing: Rule = ({ inputs: [x], ints }) => {
  const size = ints(1);
  const [N, , , C] = x!.shape as Shape4;
  return size && { shape: [N, ...size, C], dtype: x!.dtype };
};

const cropping: Rule = ({ inputs: [x, boxes], ints }) => {
  const size = ints(3);
  return size && { shape: [boxes!.shape[0]!, ...size, x!.shape[3]!], dtype: DataType.FLOAT };
};

const tiling: Rule = ({ inputs: [x], ints }) => {
  const multiples = ints(1);
  return multiples && { shape: x!.shape.map((size, axis) => size * multiples[axis]!), dtype: x!.dtype };
};

const transposition: Rule = ({ inputs: [x], ints }) => {
  const order = ints(1);
  return order && { shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
};

const cast: Rule = ({ inputs: [x], attributes: { DstT } }) =>
  DstT && 'type' in DstT ? { shape: x!.shape, dtype: DstT.type } : null;

const RULES = new Map<string, Rule>(
  (
    [
      [
        'Identity StopGradient ZerosLike OnesLike Abs Neg Sign Reciprocal Square Sqrt Rsqrt Exp Expm1 Log Log1p Floor Ceil Round ' +
          'Tanh Sigmoid Softplus Softmax LogSoftmax Relu Relu6 LogicalNot BiasAdd ClipByValue MaxPoolGrad AddN',
        like(0),
      ],
      [
        'Add AddV2 Sub Mul Div DivNoNan RealDiv FloorDiv FloorMod Maximum Minimum Pow SquaredDifference ReluGrad Relu6Grad ' +
          'SigmoidGrad TanhGrad LogicalAnd LogicalOr',
        elementwise({ typeOf: 0 }),
      ],
      [
        'Greater GreaterEqual Less LessEqual Equal NotEqual IsNan IsFinite IsInf',
        elementwise({ type: DataType.BOOL }),
      ],
      ['Select SelectV2', elementwise({ typeOf: 1 })],
      ['Cast', cast],
      ['Conv2D', convolution],
      ['Conv2DBackpropInput', sized(0, 1)],
      ['Conv2DBackpropFilter', sized(1, 0)],
      ['MatMul BatchMatMul BatchMatMulV2', matrixProduct],
      ['MaxPool AvgPool', pooling],
      ['Sum Mean Prod Max Min Any All EuclideanNorm', reduction],
      ['Pad PadV2 MirrorPad', padding(1)],
      ['MirrorPadGrad', padding(-1)],
      ['Reshape', reshape],
      ['ConcatV2', concatenation],
      ['SplitV', splitting],
      ['Slice', slicing],
      ['Pack', stacking],
      ['Unpack', unstacking],
      ['ExpandDims', expansion],
      ['ArgMax ArgMin', best],
      ['GatherV2', gathering],
      ['DynamicStitch', stitching],
      ['ResizeNearestNeighbor ResizeNearestNeighborGrad ResizeBilinear', resizing],
      ['CropAndResize', cropping],
      ['CropAndResizeGradImage', sized(3, 0)],
      ['Tile', tiling],
      ['Transpose', transposition],
      ['Fill', sized(0, 1)],
    ] as const
  ).flatMap(([ops, rule]) => ops.split(' ').map((op) => [op, rule] as const)),
);

type Shape4 = readonly [N: number, H: number, W: number, C: number];

/** A window over a map. */
interface Window {
  height: number;
  width: number;
  /** Of what comes out. */
  channels: number;
}

function slide(map: TensorSpec, window: Window, attributes: RuledOp['attributes']): TensorSpec | null {
  const format = textOf(attributes.data_format);
  if (format !== 'NHWC') return null;
  const [N, H, W] = map.shape as Shape4;
  const steps = (axis: 1 | 2, length: number, side: number) => {
    const stride = intsOf(attributes.strides)[axis]!;
    const margins = intsOf(attributes.explicit_paddings).slice(2 * axis, 2 * axis + 2);
    const extent = (side - 1) * (intsOf(attributes.dilations)[axis] ?? 1) + 1;
    const inner = textOf(attributes.padding) === 'SAME' ? length : length + sum(margins) - extent + 1;
    return Math.ceil(inner / stride);
  };
  const shape = [N, steps(1, H, window.height), steps(2, W, window.width), window.channels];
  return { shape, dtype: map.dtype };
}

/** An axis, counted from the last where it is below 0, as counted from the first. */
function fromFront(axis: number, shape: readonly number[]): number {
  return axis < 0 ? axis + shape.length : axis;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function intsOf(attribute: Attribute | undefined): readonly number[] {
  return attribute && 'list' in attribute ? (attribute.list.i ?? []).map(Number) : [];
}

function intOf(attribute: Attribute | undefined): number {
  return attribute && 'i' in attribute ? Number(attribute.i) : 0;
}

function textOf(attribute: Attribute | undefined): string {
  return attribute && 's' in attribute ? Buffer.from(attribute.s).toString() : '';
}

/** The value of a flag; false where there is none. */
export function isTrue(attribute: Attribute | undefined): boolean {
  return attribute !== undefined && 'b' in attribute && attribute.b;
}
