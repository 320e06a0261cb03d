/**
 * The graph as this room holds it between recording and running: TensorFlow's GraphDef
 * (tensorflow/core/framework/graph.proto) in plain objects. Everything here is data; nothing needs TensorFlow.
 */

/** TensorFlow's DataType numbers (tensorflow/core/framework/types.proto), those that this room meets. */
export const DataType = {
  FLOAT: 1,
  INT32: 3,
  UINT8: 4,
  STRING: 7,
  INT64: 9,
  BOOL: 10,
  BFLOAT16: 14,
  HALF: 19,
  RESOURCE: 20,
} as const;

/** One of the numbers in `DataType`, or any other of TensorFlow's. */
export type DataTypeNumber = number;

/** The number of one of tfjs' data types. @throws Error for complex numbers, which graphs here do not hold */
export function dataTypeOf(dtype: string): DataTypeNumber {
  switch (dtype) {
    case 'float32':
      return DataType.FLOAT;
    case 'int32':
      return DataType.INT32;
    case 'bool':
      return DataType.BOOL;
    case 'string':
      return DataType.STRING;
    default:
      throw new Error(
        `A graph cannot hold tensors of type ${dtype}; expected float32, int32, bool or string`,
      );
  }
}

/** A constant's content: little-endian bytes in row-major order, or strings. */
export interface TensorValue {
  dtype: DataTypeNumber;
  shape: readonly number[];
  /** Empty for strings. */
  bytes: Uint8Array;
  strings?: readonly Uint8Array[];
}

/** An attribute of a node; exactly one key, named as in TensorFlow's AttrValue. */
export type Attribute =
  | { s: Uint8Array }
  | { i: number | bigint }
  | { f: number }
  | { b: boolean }
  | { type: DataTypeNumber }
  | { shape: readonly number[] }
  | { tensor: TensorValue }
  | { list: AttributeList };

/** A list attribute: at most one key is filled. */
export interface AttributeList {
  s?: readonly Uint8Array[];
  i?: readonly (number | bigint)[];
  f?: readonly number[];
  b?: readonly boolean[];
  type?: readonly DataTypeNumber[];
  shape?: readonly (readonly number[])[];
}

/** One operation. */
export interface Node {
  /** Unique in the graph; TensorFlow allows `[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*`. */
  name: string;
  /** As in TensorFlow's op registry. */
  op: string;
  /** `node` (its first output), `node:2` (its third), then control inputs `^node` (run before, no data). */
  inputs: readonly string[];
  /** `/device:GPU:0`; '' leaves the choice to TensorFlow. */
  device: string;
  attributes: Readonly<Record<string, Attribute>>;
}

/** Nodes in an order in which each comes after all that it needs. */
export type Graph = readonly Node[];

/** The name of the node that an input comes from: `^a` and `a:1` → `a`. */
export function nodeOfInput(input: string): string {
  const name = input.startsWith('^') ? input.slice(1) : input;
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(0, colon);
}

/** true for `^node`: an order of running, not a value. */
export function isControl(input: string): boolean {
  return input.startsWith('^');
}
