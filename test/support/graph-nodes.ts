import { type Attribute, DataType, type DataTypeNumber, type Node } from '../../src/graph/graph.ts';
import type { SignatureTensor } from '../../src/graph/saved-model.ts';

export function graphNode(
  name: string,
  op: string,
  inputs: readonly string[] = [],
  attributes: Record<string, Attribute> = {},
): Node {
  return { name, op, inputs, device: '', attributes };
}

/** @returns a node that is fed */
export function placeholder(
  name: string,
  shape: readonly number[],
  dtype: DataTypeNumber = DataType.FLOAT,
): Node {
  return graphNode(name, 'Placeholder', [], { dtype: { type: dtype }, shape: { shape } });
}

/** @returns a constant of float32 */
export function constant(name: string, shape: readonly number[], values: readonly number[]): Node {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return graphNode(name, 'Const', [], {
    dtype: { type: DataType.FLOAT },
    value: { tensor: { dtype: DataType.FLOAT, shape, bytes } },
  });
}

/** @returns what a signature says of a node's first output */
export function output(
  name: string,
  shape: readonly number[],
  dtype: DataTypeNumber = DataType.FLOAT,
): SignatureTensor {
  return { name: `${name}:0`, dtype, shape };
}
