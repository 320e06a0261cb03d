/**
 * What a function of tensors would cost as a compiled graph: counted from the very nodes that would run, without running them.
 * TensorFlow's own optimisations, such as folding constants, come after this and save a little more.
 */
import type { tf } from '../system/tensorflow.ts';
import { DataType, type DataTypeNumber, type Graph, type Node } from './graph.ts';
import { flopsOf } from './op-cost.ts';
import { float32Name } from './passes/mixed-precision.ts';
import { dataInputs } from './passes/op-signatures.ts';
import { type MemoryPeak, peakMemory } from './peak-memory.ts';
import { recordFunction, type TensorFunction } from './record.ts';
import { lowerRecording, type Precision } from './run-passes.ts';
import { sizeOf, type TensorSpec } from './shape-rules.ts';
import type { TensorTree } from './tensor-tree.ts';

/** How the function would be compiled. */
export interface CostOptions {
  /** Every variable that it reads or changes, by name. */
  state: ReadonlyMap<string, tf.Variable>;
  /** Tensors from outside that never change. */
  constants?: readonly tf.Tensor[];
  precision?: Precision;
}

/** What a graph would take. */
export interface GraphCost {
  /** Floating-point operations of each node (`op-cost.ts` says how they are counted), in the order of recording. */
  nodes: readonly NodeCost[];
  /** Of its values, without variables and constants. */
  peak: MemoryPeak;
}

/** A node, named within its scopes (`scope.ts`), and its floating-point operations. */
export interface NodeCost {
  name: string;
  op: string;
  flops: number;
}

/** @throws RecordingError where the function cannot be compiled */
export function costOf<I extends TensorTree, O extends TensorTree>(
  fn: TensorFunction<I, O>,
  exampleInputs: I,
  { state, constants = [], precision = 'float32' }: CostOptions,
): GraphCost {
  const context = { state, constants, dry: true };
  const recording = recordFunction('graph', fn as unknown as TensorFunction, exampleInputs, context);
  const { nodes: graph, outputs } = lowerRecording(recording, precision);
  const specs = completeSpecs(graph, recording.specs);
  const outputsOf = (node: Node) => outputSpecs(node, specs);
  return {
    nodes: graph.map((node) => ({
      name: node.name,
      op: node.op,
      flops: flopsOf({ ...node, inputs: inputSpecs(node, specs), outputs: outputsOf(node) }),
    })),
    peak: peakMemory(
      graph,
      outputs.map(({ node }) => node),
      (node) => outputsOf(node).map(bytesOf),
    ),
  };
}

type Specs = ReadonlyMap<string, TensorSpec>;

/** With those of the constants and of the values in 16 bits, which the recording does not have. */
function completeSpecs(graph: Graph, recorded: Specs): Specs {
  const specs = new Map(recorded);
  for (const { name, op, inputs, attributes } of graph) {
    if (specs.has(name)) continue;
    const { value, DstT, T } = attributes;
    if (value && 'tensor' in value) specs.set(name, value.tensor);
    const source = op === 'Cast' ? specs.get(inputs[0]!) : specs.get(float32Name(name));
    const type = op === 'Cast' ? DstT : T;
    if (source && type && 'type' in type) specs.set(name, { shape: source.shape, dtype: type.type });
  }
  return specs;
}

/** All but the handles of variables, which have none. */
function inputSpecs(node: Node, specs: Specs): TensorSpec[] {
  return dataInputs(node).flatMap((name) => specs.get(name) ?? []);
}

function outputSpecs({ name }: Node, specs: Specs): TensorSpec[] {
  const outputs: TensorSpec[] = [];
  for (let spec = specs.get(name); spec; spec = specs.get(`${name}:${outputs.length}`)) outputs.push(spec);
  return outputs;
}

const BYTES: Readonly<Record<DataTypeNumber, number>> = {
  [DataType.FLOAT]: 4,
  [DataType.INT32]: 4,
  [DataType.INT64]: 8,
  [DataType.BFLOAT16]: 2,
  [DataType.HALF]: 2,
  [DataType.BOOL]: 1,
  [DataType.UINT8]: 1,
};

function bytesOf({ shape, dtype }: TensorSpec): number {
  return sizeOf(shape) * (BYTES[dtype] ?? 0);
}
