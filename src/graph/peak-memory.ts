/**
 * The memory that a graph's values take while it runs, as far as it can be told without running it.
 *
 * Nodes are taken to run one after the other, in their order. A value lives from its node to the last that uses it. As in
 * TensorFlow's kernels, a reshaped value is the same memory, and arithmetic writes into an input that nobody else needs.
 * Variables and constants are not counted, nor the room that kernels take for themselves.
 */
import type { Graph, Node } from './graph.ts';
import { dataInputs } from './passes/op-signatures.ts';

/** A value in memory. */
export interface LiveValue {
  /** Name of the node that made it. */
  node: string;
  bytes: number;
}

/** The moment at which most memory is in use. */
export interface MemoryPeak {
  bytes: number;
  /** All values that are there then. */
  live: readonly LiveValue[];
}

/**
 * @param kept nodes whose values are there until the end
 * @param outputBytes the sizes of a node's outputs
 * @returns 0 bytes for a graph without values
 */
export function peakMemory(
  graph: Graph,
  kept: readonly string[],
  outputBytes: (node: Node) => readonly number[],
): MemoryPeak {
  const { read, made } = followValues(graph, kept, outputBytes);
  const live = new Set<Value>();
  let bytes = 0;
  let peak: MemoryPeak = { bytes: 0, live: [] };
  const take = (value: Value) => {
    live.add(value);
    bytes += value.bytes;
  };
  const free = (value: Value) => {
    if (live.delete(value)) bytes -= value.bytes;
  };
  for (const [i, { op }] of graph.entries()) {
    for (const value of read[i]!) value.uses--;
    const done = read[i]!.filter(({ uses }) => uses === 0);
    const [output] = made[i]!;
    const reused = output && IN_PLACE.has(op) && done.find((value) => value.bytes === output.bytes);
    if (reused) free(reused);
    made[i]!.forEach(take);
    if (bytes > peak.bytes) peak = { bytes, live: [...live] };
    for (const value of [...done, ...made[i]!.filter(({ uses }) => uses === 0)]) free(value);
  }
  return peak;
}

interface Value extends LiveValue {
  /** How often it will be read. */
  uses: number;
}

/** What each node reads and makes. */
function followValues(
  graph: Graph,
  kept: readonly string[],
  outputBytes: (node: Node) => readonly number[],
): Record<'read' | 'made', Value[][]> {
  const values = new Map<string, Value>();
  const read: Value[][] = [];
  const made: Value[][] = [];
  for (const node of graph) {
    const inputs = dataInputs(node).flatMap((name) => values.get(name) ?? []);
    for (const value of inputs) value.uses++;
    read.push(inputs);
    made.push([]);
    if (PERMANENT.has(node.op)) continue;
    if (SAME_MEMORY.has(node.op)) {
      const source = values.get(node.inputs[0]!);
      if (source) values.set(node.name, source);
      continue;
    }
    // Inputs belong to the caller, who keeps them.
    const uses = node.op === 'Placeholder' ? 1 : 0;
    for (const [i, bytes] of outputBytes(node).entries()) {
      const value = { node: node.name, bytes, uses };
      values.set(i === 0 ? node.name : `${node.name}:${i}`, value);
      made.at(-1)!.push(value);
    }
  }
  for (const name of kept) {
    const value = values.get(name);
    if (value) value.uses++;
  }
  return { read, made };
}

const PERMANENT = new Set(['Const', 'ReadVariableOp', 'VarHandleOp']);

const SAME_MEMORY = new Set(['Identity', 'Reshape', 'ExpandDims', 'Squeeze', 'StopGradient', 'Switch']);

const IN_PLACE = new Set([
  ...['Add', 'AddV2', 'AddN', 'Sub', 'Mul', 'Div', 'DivNoNan', 'RealDiv', 'Maximum', 'Minimum', 'Pow'],
  ...['SquaredDifference', 'Abs', 'Neg', 'Sign', 'Square', 'Sqrt', 'Rsqrt', 'Reciprocal', 'Exp', 'Expm1'],
  ...['Log', 'Log1p', 'Floor', 'Ceil', 'Round', 'Tanh', 'Sigmoid', 'Softplus', 'Relu', 'Relu6', 'BiasAdd'],
  ...['ReluGrad', 'Relu6Grad', 'SigmoidGrad', 'TanhGrad', 'LogicalAnd', 'LogicalOr', 'LogicalNot'],
]);
