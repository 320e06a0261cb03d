import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Attribute, DataType, type Graph, type Node } from '../../../src/graph/graph.ts';
import { removeDeadNodes } from '../../../src/graph/passes/dead-nodes.ts';
import { mixPrecision } from '../../../src/graph/passes/mixed-precision.ts';
import { DEFAULT_POLICY } from '../../../src/graph/passes/precision-policy.ts';
import { validateGraph } from '../../../src/graph/passes/validate.ts';
import { createRandom } from '../../../src/system/random.ts';
import { graphNode, placeholder } from '../../support/graph-nodes.ts';
import { interpret } from './interpreter.ts';
import { integers, randomGraph } from './random-graph.ts';

const FLOAT = { T: { type: DataType.FLOAT } };
const LOW = { type: DataType.BFLOAT16 } as const;
const float = (name: string, op: string, inputs: string[]) => graphNode(name, op, inputs, FLOAT);
const namesOf = (graph: Graph) => graph.map(({ name }) => name);
const find = (graph: Graph, name: string) => graph.find((node) => node.name === name)!;
const typeOf = (attribute: Attribute | undefined) =>
  attribute && 'type' in attribute ? attribute.type : undefined;
const lowOps = (graph: Graph) =>
  graph.filter((node) => typeOf(node.attributes.T) === DataType.BFLOAT16).map((node) => node.op);

/** The graph without casts that no root needs, checked. */
function mixed(graph: Graph, roots: string[], options: Parameters<typeof mixPrecision>[1] = LOW): Graph {
  const result = removeDeadNodes(mixPrecision(graph, options), roots);
  validateGraph(result);
  return result;
}

const x = placeholder('x', [2, 2]);
const w = placeholder('w', [2, 2]);

describe('mixPrecision', () => {
  it('runs a product in the low type between casts, under its own name in float32', () => {
    const graph = mixed([x, w, float('y', 'MatMul', ['x', 'w'])], ['y']);
    expect(graph.slice(2).map(({ name, op, inputs }) => [name, op, ...inputs])).toEqual([
      ['x/bfloat16', 'Cast', 'x'],
      ['w/bfloat16', 'Cast', 'w'],
      ['y/bfloat16', 'MatMul', 'x/bfloat16', 'w/bfloat16'],
      ['y', 'Cast', 'y/bfloat16'],
    ]);
    expect(find(graph, 'y').attributes).toEqual({ SrcT: LOW, DstT: { type: DataType.FLOAT } });
  });
  it('names float16 so', () => {
    const graph = mixed([x, float('y', 'MatMul', ['x', 'x'])], ['y'], { type: DataType.HALF });
    expect(namesOf(graph)).toEqual(['x', 'x/float16', 'y/float16', 'y']);
  });
  it('casts a value once, whoever uses it, and joins products directly', () => {
    const graph = mixed(
      [
        x,
        float('y', 'MatMul', ['x', 'x']),
        float('z', 'MatMul', ['y', 'x']),
        float('one', 'Exp', ['y']),
        float('two', 'Log', ['y']),
        float('sum', 'AddV2', ['one', 'two']),
      ],
      ['z', 'sum'],
    );
    expect(find(graph, 'z/bfloat16').inputs).toEqual(['y/bfloat16', 'x/bfloat16']);
    expect(find(graph, 'one').inputs).toEqual(['y']);
    expect(graph.filter((node) => node.op === 'Cast').map(({ name }) => name)).toEqual([
      'x/bfloat16',
      'y',
      'z',
    ]);
  });
  it('leaves sizes, other types and other operations as they are', () => {
    const sizes = integers('sizes', [1, 2, 2, 1]);
    const integer = graphNode('integer', 'MatMul', ['n', 'n'], { T: { type: DataType.INT32 } });
    const n = placeholder('n', [2, 2], DataType.INT32);
    const graph = mixed(
      [
        x,
        w,
        sizes,
        n,
        integer,
        float('dx', 'Conv2DBackpropInput', ['sizes', 'w', 'x']),
        float('dw', 'Conv2DBackpropFilter', ['x', 'sizes', 'dx']),
        float('e', 'Exp', ['dw']),
      ],
      ['e', 'integer'],
    );
    expect(find(graph, 'dx/bfloat16').inputs).toEqual(['sizes', 'w/bfloat16', 'x/bfloat16']);
    expect(find(graph, 'dw/bfloat16').inputs).toEqual(['x/bfloat16', 'sizes', 'dx/bfloat16']);
    expect(find(graph, 'integer')).toEqual(integer);
    expect(find(graph, 'e')).toEqual(float('e', 'Exp', ['dw']));
  });
  it('lets operations follow between two that run in the low type, and only there', () => {
    const graph = mixed(
      [
        x,
        float('a', 'MatMul', ['x', 'x']),
        float('relu', 'Relu', ['a']),
        float('moved', 'Squeeze', ['relu']),
        float('passed', 'Identity', ['moved']),
        float('b', 'MatMul', ['passed', 'x']),
        float('same', 'Identity', ['b']),
        float('gradient', 'ReluGrad', ['same', 'relu']),
        float('c', 'MatMul', ['x', 'gradient']),
        float('before', 'Relu', ['x']),
        float('after', 'Relu', ['c']),
        float('d', 'MatMul', ['before', 'c']),
        float('selects', 'ReluGrad', ['x', 'a']),
        float('f', 'MatMul', ['selects', 'd']),
      ],
      ['f', 'after'],
    );
    const counts = Object.groupBy(lowOps(graph), (op) => op);
    expect(Object.entries(counts).map(([op, nodes]) => [op, nodes!.length])).toEqual([
      ['MatMul', 5],
      ['Relu', 1],
      ['Squeeze', 1],
      ['Identity', 2],
      ['ReluGrad', 1],
    ]);
    expect(find(graph, 'gradient/bfloat16').inputs).toEqual(['same/bfloat16', 'relu/bfloat16']);
    expect(graph.filter(({ op }) => op === 'Cast').map(({ inputs }) => inputs[0])).toEqual([
      'x',
      'a/bfloat16',
      'c/bfloat16',
      'before',
      'selects',
      'f/bfloat16',
    ]);
  });
  it('keeps control inputs: they wait for the operation, not for a cast', () => {
    const graph = mixed(
      [
        x,
        float('y', 'MatMul', ['x', 'x', '^x']),
        float('z', 'Exp', ['x', '^y']),
        float('q', 'MatMul', ['z', 'z', '^y', '^z']),
      ],
      ['q'],
    );
    expect(find(graph, 'y/bfloat16').inputs).toEqual(['x/bfloat16', 'x/bfloat16', '^x']);
    expect(find(graph, 'z').inputs).toEqual(['x', '^y/bfloat16']);
    expect(find(graph, 'q/bfloat16').inputs).toEqual(['z/bfloat16', 'z/bfloat16', '^y/bfloat16', '^z']);
    expect(namesOf(graph)).not.toContain('y');
  });
  it('casts later outputs, and finds names that are free', () => {
    const graph = mixed(
      [
        x,
        placeholder('pair/1/bfloat16', []),
        placeholder('y/bfloat16', []),
        placeholder('y/bfloat16_1', []),
        float('pair', 'Unpack', ['x']),
        float('y', 'MatMul', ['pair:1', 'pair']),
      ],
      ['y', 'y/bfloat16', 'y/bfloat16_1', 'pair/1/bfloat16'],
    );
    expect(find(graph, 'y').inputs).toEqual(['y/bfloat16_2']);
    expect(find(graph, 'y/bfloat16_2').inputs).toEqual(['pair/1/bfloat16_1', 'pair/bfloat16']);
    expect(find(graph, 'pair/1/bfloat16_1').inputs).toEqual(['pair:1']);
  });
  it('casts where the value is made', () => {
    const on = (device: string, node: Node) => ({ ...node, device });
    const graph = mixed(
      [
        on('/device:GPU:0', x),
        on('/device:GPU:1', float('y', 'MatMul', ['x', 'x'])),
        float('z', 'Exp', ['y']),
      ],
      ['z'],
    );
    expect(graph.map(({ name, device }) => [name, device])).toEqual([
      ['x', '/device:GPU:0'],
      ['x/bfloat16', '/device:GPU:0'],
      ['y/bfloat16', '/device:GPU:1'],
      ['y', '/device:GPU:1'],
      ['z', ''],
    ]);
  });
  it('takes a policy', () => {
    const policy = { lower: new Set(['Exp']), follow: new Set(['MatMul']) };
    const nodes = [x, float('a', 'Exp', ['x']), float('b', 'MatMul', ['a', 'x']), float('c', 'Exp', ['b'])];
    expect(lowOps(mixed([...nodes, float('d', 'MatMul', ['c', 'c'])], ['d'], { ...LOW, policy }))).toEqual([
      'Exp',
      'MatMul',
      'Exp',
    ]);
    expect(mixPrecision(nodes, { ...LOW, policy: { lower: new Set(), follow: new Set(['Exp']) } })).toEqual(
      nodes,
    );
  });
  it.each([
    'AssignVariableOp',
    'ResourceApplyAdam',
    'Unpack',
    'TopKV2',
    'Less',
    'CropAndResizeGradImage',
    'Const',
    'Cast',
    'NoSuchOp',
  ])('refuses a policy that names %s', (op) => {
    const message = `mixPrecision: a policy may not name ${op}: it needs inputs of one type T and one output of it`;
    expect(() => mixPrecision([], { ...LOW, policy: { lower: new Set([op]), follow: new Set() } })).toThrow(
      message,
    );
    expect(() => mixPrecision([], { ...LOW, policy: { lower: new Set(), follow: new Set([op]) } })).toThrow(
      message,
    );
  });
});

describe('mixPrecision on random graphs', () => {
  const graphs = Array.from({ length: 40 }, (_, seed) => {
    const random = createRandom('mixed', seed);
    return { random, graph: randomGraph(random, 80) };
  });

  it('changes no result where the low type holds every number', () => {
    for (const { random, graph } of graphs) {
      const names = namesOf(graph);
      const result = mixPrecision(graph, LOW);
      validateGraph(result);
      const exactly = { random, rounds: false };
      expect(interpret(result, names, exactly)).toEqual(interpret(graph, names, exactly));
    }
  });
  it('rounds the same with operations that follow as without', () => {
    const alone = { ...LOW, policy: { lower: DEFAULT_POLICY.lower, follow: new Set<string>() } };
    let [followed, rounded] = [0, 0];
    for (const { random, graph } of graphs) {
      const names = namesOf(graph);
      const [together, apart] = [mixPrecision(graph, LOW), mixPrecision(graph, alone)];
      followed += lowOps(together).length - lowOps(apart).length;
      const results = interpret(together, names, { random });
      expect(results).toEqual(interpret(apart, names, { random }));
      if (!isDeepStrictEqual(results, interpret(graph, names, { random }))) rounded++;
    }
    expect(followed).toBeGreaterThan(20);
    expect(rounded).toBeGreaterThan(30);
  });
  it('casts no value twice, and none there and back', () => {
    for (const { graph } of graphs) {
      const result = mixPrecision(graph, LOW);
      const casts = result.filter((node) => node.op === 'Cast');
      const ups = new Set(
        casts.filter((node) => typeOf(node.attributes.SrcT) === LOW.type).map(({ name }) => name),
      );
      expect(new Set(casts.map((node) => node.inputs[0])).size).toBe(casts.length);
      expect(casts.filter((node) => ups.has(node.inputs[0]!))).toEqual([]);
    }
  });
  it('comes back equal the second time', () => {
    for (const { graph } of graphs) {
      const once = mixPrecision(graph, LOW);
      expect(mixPrecision(once, LOW)).toEqual(once);
      expect(mixPrecision(once, { type: DataType.HALF })).toEqual(once);
    }
  });
});
