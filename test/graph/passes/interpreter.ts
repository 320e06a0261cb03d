/**
 * Runs a graph of 2x2 matrices and rows of 2 numbers as TensorFlow would: only what the fetches need, in any order that
 * the inputs allow, with every type checked and bfloat16 rounded.
 */
import {
  type Attribute,
  DataType,
  type DataTypeNumber,
  type Graph,
  isControl,
  type Node,
  nodeOfInput,
} from '../../../src/graph/graph.ts';
import { removeDeadNodes } from '../../../src/graph/passes/dead-nodes.ts';
import type { Random } from '../../../src/system/random.ts';

interface Value {
  dtype: DataTypeNumber;
  data: readonly number[];
}

interface RunOptions {
  /** Draws the order among those that the inputs allow. */
  random: Random;
  /** false: bfloat16 holds every number exactly. */
  rounds?: boolean;
}

/** @returns by name: the first outputs of `fetches` that have one, and the variables' last values as `=variable` */
export function interpret(
  graph: Graph,
  fetches: readonly string[],
  { random, rounds = true }: RunOptions,
): Map<string, readonly number[]> {
  const outputs = new Map<string, readonly Value[]>();
  const variables = new Map<string, Value>();
  const waiting = new Set(removeDeadNodes(graph, fetches));
  while (waiting.size > 0) {
    const ready = [...waiting].filter((node) =>
      node.inputs.every((input) => outputs.has(nodeOfInput(input))),
    );
    if (ready.length === 0) throw new Error(`circle among ${[...waiting].map((node) => node.name)}`);
    const node = ready[random.int(ready.length)]!;
    const inputs = node.inputs.filter((input) => !isControl(input));
    const values = inputs.map((input) => outputs.get(nodeOfInput(input))![Number(input.split(':')[1] ?? 0)]!);
    const round = ({ dtype, data }: Value) => ({ dtype, data: rounds ? data.map(rounding(dtype)) : data });
    outputs.set(node.name, compute(node, values, { variables, handle: inputs[0] ?? '' }).map(round));
    waiting.delete(node);
  }
  const results = fetches.flatMap((name) => {
    const first = outputs.get(name)![0];
    return first ? [[name, first.data] as const] : [];
  });
  const state = [...variables].map(([name, { data }]) => [`=${name}`, data] as const);
  return new Map([...results, ...state]);
}

function compute(
  node: Node,
  values: readonly Value[],
  { variables, handle }: { variables: Map<string, Value>; handle: string },
): Value[] {
  const dtype = typeOf(node.attributes.T ?? node.attributes.DstT ?? node.attributes.dtype);
  const typed = (value: Value | undefined, expected = dtype): readonly number[] => {
    if (value?.dtype !== expected)
      throw new Error(`${node.name}: expected type ${expected}, got ${value?.dtype}`);
    return value.data;
  };
  const of = (data: readonly number[]) => [{ dtype, data }];
  const [a, b] = values;
  const each = (f: (x: number, y: number) => number) => of(typed(a).map((x, i) => f(x, typed(b)[i]!)));
  switch (node.op) {
    case 'Const':
      return of(constantData(node));
    case 'VarHandleOp':
      return [{ dtype: DataType.RESOURCE, data: [] }];
    case 'ReadVariableOp':
      typed(a, DataType.RESOURCE);
      return [variables.get(handle) ?? { dtype, data: [0, 0, 0, 0] }];
    case 'AssignVariableOp':
      variables.set(handle, { dtype, data: typed(b) });
      return [];
    case 'Cast':
      return of(typed(a, typeOf(node.attributes.SrcT)));
    case 'AddV2':
      return each((x, y) => x + y);
    case 'Sub':
      return each((x, y) => x - y);
    case 'ReluGrad':
      return each((x, y) => (y > 0 ? x : 0));
    case 'MatMul': {
      const [[p, q, r, s], [t, u, v, w]] = [typed(a) as number[], typed(b) as number[]];
      return of([p! * t! + q! * v!, p! * u! + q! * w!, r! * t! + s! * v!, r! * u! + s! * w!]);
    }
    case 'Relu':
      return of(typed(a).map((x) => Math.max(x, 0)));
    case 'Identity':
      return of(typed(a));
    case 'Reshape':
      typed(b, DataType.INT32);
      return of(typed(a));
    case 'Unpack':
      return [typed(a).slice(0, 2), typed(a).slice(2)].map((data) => ({ dtype, data }));
    case 'Pack':
      return of(values.flatMap((value) => typed(value)));
    default:
      throw new Error(`no meaning for ${node.op}`);
  }
}

function constantData(node: Node): readonly number[] {
  const { value } = node.attributes;
  if (!value || !('tensor' in value)) throw new Error(`${node.name} has no value`);
  const { buffer } = Uint8Array.from(value.tensor.bytes);
  return [...(value.tensor.dtype === DataType.INT32 ? new Int32Array(buffer) : new Float32Array(buffer))];
}

function typeOf(attribute: Attribute | undefined): DataTypeNumber {
  return attribute && 'type' in attribute ? attribute.type : DataType.RESOURCE;
}

function rounding(dtype: DataTypeNumber): (x: number) => number {
  if (dtype === DataType.BFLOAT16) return toBfloat16;
  return dtype === DataType.FLOAT ? Math.fround : (x) => x;
}

/** The nearest number with 8 bits of significand, the even one of two. */
function toBfloat16(x: number): number {
  if (!Number.isFinite(x)) return x;
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0]!;
  const rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(Uint32Array.of(rounded).buffer)[0]!;
}
