/**
 * What tfjs hands to TensorFlow when it makes a tensor or runs an op, in the graph's own form.
 */
import type { TFEOpAttr, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { type Attribute, DataType, type DataTypeNumber, type TensorValue } from './graph.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** Values as tfjs keeps them on the host. */
export type HostValues = ArrayLike<number> | readonly Uint8Array[];

/** Constants with more elements, all equal to the last bit, are written as one value and a shape. */
const LARGE = 256;

/**
 * Adds a constant, outside of any condition.
 * @returns the node's name
 * @throws Error for a data type that tfjs does not make on the host
 */
export function addConstant(
  builder: GraphBuilder,
  shape: readonly number[],
  dtype: DataTypeNumber,
  values: HostValues,
): string {
  const numbers = values as ArrayLike<number>;
  if (dtype !== DataType.STRING && isUniform(numbers)) return addUniform(builder, shape, dtype, numbers[0]!);
  return addConst(builder, tensorValue(shape, dtype, values));
}

function isUniform(values: ArrayLike<number>): boolean {
  if (values.length <= LARGE) return false;
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], values[0])) return false;
  return true;
}

function addUniform(
  builder: GraphBuilder,
  shape: readonly number[],
  dtype: DataTypeNumber,
  value: number,
): string {
  const dims = addConst(builder, tensorValue([shape.length], DataType.INT32, shape));
  const scalar = addConst(builder, tensorValue([], dtype, [value]));
  const attributes = { T: { type: dtype }, index_type: { type: DataType.INT32 } };
  return builder.add('Fill', { inputs: [dims, scalar], attributes, always: true });
}

function addConst(builder: GraphBuilder, tensor: TensorValue): string {
  const attributes = { dtype: { type: tensor.dtype }, value: { tensor } };
  return builder.add('Const', { attributes, always: true });
}

function tensorValue(shape: readonly number[], dtype: DataTypeNumber, values: HostValues): TensorValue {
  if (dtype === DataType.STRING) {
    return { dtype, shape: [...shape], bytes: new Uint8Array(), strings: values as readonly Uint8Array[] };
  }
  return { dtype, shape: [...shape], bytes: bytesOf(dtype, values) };
}

function bytesOf(dtype: DataTypeNumber, values: HostValues): Uint8Array {
  const numbers = values as ArrayLike<number>;
  switch (dtype) {
    case DataType.FLOAT:
      return toBytes(Float32Array.from(numbers));
    case DataType.INT32:
      return toBytes(Int32Array.from(numbers));
    case DataType.BOOL:
    case DataType.UINT8:
      return Uint8Array.from(numbers);
    case DataType.INT64:
      // tfjs gives each as two numbers of 32 bits.
      return toBytes(Int32Array.from(numbers));
    default:
      throw new Error(`A constant of TensorFlow's data type ${dtype} cannot be recorded`);
  }
}

function toBytes(array: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** The attributes of an op as tfjs-node passes them, in the graph's form. */
export function graphAttributes(
  binding: TFJSBinding,
  attributes: readonly TFEOpAttr[],
): Record<string, Attribute> {
  return Object.fromEntries(
    attributes.map(({ name, type, value }) => [name, attribute(binding, type, value)]),
  );
}

function attribute(binding: TFJSBinding, type: number, value: TFEOpAttr['value']): Attribute {
  switch (type) {
    case binding.TF_ATTR_STRING:
      return { s: Buffer.from(value as string) };
    case binding.TF_ATTR_INT:
      return Array.isArray(value) ? { list: { i: value } } : { i: value as number };
    case binding.TF_ATTR_FLOAT:
      return Array.isArray(value) ? { list: { f: value } } : { f: value as number };
    case binding.TF_ATTR_BOOL:
      return Array.isArray(value) ? { list: { b: value.map(Boolean) } } : { b: Boolean(value) };
    case binding.TF_ATTR_TYPE:
      return Array.isArray(value) ? { list: { type: value } } : { type: value as number };
    case binding.TF_ATTR_SHAPE:
      return { shape: value as number[] };
    default:
      throw new Error(`An op attribute of tfjs-node's type ${type} cannot be recorded`);
  }
}
