import { tf } from '../../../src/system/tensorflow.ts';
import {
  bool,
  differentiable,
  float,
  forwardOnly,
  inner,
  int,
  type KernelCase,
  large,
} from './kernel-case.ts';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** Functions of one number. */
const UNARY: Record<string, Unary> = {
  abs: tf.abs,
  acos: tf.acos,
  asin: tf.asin,
  asinh: tf.asinh,
  atan: tf.atan,
  atanh: tf.atanh,
  ceil: tf.ceil,
  clipByValue: (x) => tf.clipByValue(x, 0.4, 0.6),
  cos: tf.cos,
  cosh: tf.cosh,
  elu: tf.elu,
  erf: tf.erf,
  exp: tf.exp,
  expm1: tf.expm1,
  floor: tf.floor,
  leakyRelu: (x) => tf.leakyRelu(x, 0.3),
  log: tf.log,
  log1p: tf.log1p,
  logSigmoid: tf.logSigmoid,
  neg: tf.neg,
  onesLike: tf.onesLike,
  reciprocal: tf.reciprocal,
  relu: tf.relu,
  relu6: tf.relu6,
  round: tf.round,
  rsqrt: tf.rsqrt,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  sign: tf.sign,
  sin: tf.sin,
  sinh: tf.sinh,
  softplus: tf.softplus,
  sqrt: tf.sqrt,
  square: tf.square,
  step: (x) => tf.step(x, 0.3),
  tan: tf.tan,
  tanh: tf.tanh,
  zerosLike: tf.zerosLike,
};

const BINARY: Record<string, Binary> = {
  add: tf.add,
  atan2: tf.atan2,
  div: tf.div,
  floorDiv: tf.floorDiv,
  mod: tf.mod,
  mul: tf.mul,
  pow: tf.pow,
  prelu: tf.prelu,
  sub: tf.sub,
};

const SAME_SHAPE: Record<string, Binary> = {
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
};

/** Those that take whole numbers as they are. */
const WHOLE = new Set(['add', 'floorDiv', 'maximum', 'minimum', 'mod', 'mul', 'squaredDifference', 'sub']);

const COMPARISONS: Record<string, Binary> = {
  equal: tf.equal,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  notEqual: tf.notEqual,
};

const unary = Object.entries(UNARY).map(([name, f]) =>
  differentiable(name, { x: inner(2, 3) }, ({ x }) => f(x!)),
);
const binary = Object.entries(BINARY).map(([name, f]) =>
  differentiable(name, { a: inner(2, 3), b: large(3) }, ({ a, b }) => f(a!, b!)),
);
const comparisons = Object.entries(COMPARISONS).flatMap(([name, f]) => [
  forwardOnly(`${name} of floats`, { a: float(2, 3), b: float(2, 3) }, ({ a, b }) => f(a!, b!)),
  forwardOnly(`${name} of whole numbers`, { a: int(3, 8), b: int(3, 8) }, ({ a, b }) => f(a!, b!)),
]);
/** tfjs' gradients of these do not broadcast. */
const sameShape = Object.entries(SAME_SHAPE).map(([name, f]) =>
  differentiable(name, { a: inner(2, 3), b: inner(2, 3) }, ({ a, b }) => f(a!, b!)),
);
const integers = Object.entries({ ...BINARY, ...SAME_SHAPE })
  .filter(([name]) => WHOLE.has(name))
  .map(([name, f]) =>
    forwardOnly(`${name} of whole numbers`, { a: int(9, 8), b: int(3, 8) }, ({ a, b }) =>
      f(a!, b!.add(tf.scalar(1, 'int32'))),
    ),
  );

export const arithmetic: readonly KernelCase[] = [
  ...unary,
  ...binary,
  ...sameShape,
  ...comparisons,
  ...integers,
  forwardOnly('divNoNan', { a: float(9), b: int(2, 9) }, ({ a, b }) => tf.divNoNan(a!, b!.cast('float32'))),
  differentiable('acosh', { x: large(2, 3) }, ({ x }) => tf.acosh(x!)),
  differentiable('add of a whole number and a float', { a: int(9, 3), b: float(3) }, ({ a, b }) =>
    tf.add(a!, b!),
  ),
  differentiable('addN', { a: float(2, 2), b: float(2, 2), c: float(2, 2) }, ({ a, b, c }) =>
    tf.addN([a!, b!, c!]),
  ),
  forwardOnly('isFinite', { x: float(3) }, ({ x }) => tf.isFinite(tf.log(x!))),
  forwardOnly('isInf', { x: int(2, 4) }, ({ x }) => tf.isInf(tf.reciprocal(x!.cast('float32')))),
  forwardOnly('isNaN', { x: float(3) }, ({ x }) => tf.isNaN(tf.log(x!))),
  forwardOnly('logicalAnd', { a: bool(4), b: bool(4) }, ({ a, b }) => tf.logicalAnd(a!, b!)),
  forwardOnly('logicalOr', { a: bool(4), b: bool(4) }, ({ a, b }) => tf.logicalOr(a!, b!)),
  forwardOnly('logicalXor', { a: bool(4), b: bool(4) }, ({ a, b }) => tf.logicalXor(a!, b!)),
  forwardOnly('logicalNot', { a: bool(4) }, ({ a }) => tf.logicalNot(a!)),
  differentiable('where', { c: bool(4), a: float(4), b: float(4) }, ({ c, a, b }) => tf.where(c!, a!, b!)),
  forwardOnly('cast to int32', { x: large(4) }, ({ x }) => tf.cast(x!, 'int32')),
  forwardOnly('cast to bool', { x: int(2, 4) }, ({ x }) => tf.cast(x!, 'bool')),
  forwardOnly('cast of bool', { x: bool(4) }, ({ x }) => tf.cast(x!, 'float32')),
  forwardOnly('complex', { a: float(3), b: float(3) }, ({ a, b }) => {
    const z = tf.complex(a!, b!).mul(tf.complex(b!, a!));
    return [tf.real(z), tf.imag(z), tf.abs(z)];
  }),
  forwardOnly('fft', { a: float(2, 4), b: float(2, 4) }, ({ a, b }) => {
    const z = tf.fft(tf.complex(a!, b!));
    const back = tf.ifft(z);
    return [tf.real(z), tf.imag(z), tf.real(back), tf.imag(back)];
  }),
  forwardOnly('rfft', { a: float(2, 8) }, ({ a }) => {
    const z = tf.spectral.rfft(a!);
    return [tf.real(z), tf.imag(z), tf.spectral.irfft(z)];
  }),
];
