import { describe, expect, it } from 'vitest';
import { type Attribute, DataType, type Graph } from '../../src/graph/graph.ts';
import type { Recording } from '../../src/graph/record.ts';
import { finishGraph, lowerRecording } from '../../src/graph/run-passes.ts';
import { constant, graphNode, placeholder } from '../support/graph-nodes.ts';

const T: Attribute = { type: DataType.FLOAT };
const port = (node: string) => ({ path: node, node, dtype: DataType.FLOAT, shape: [2, 2] });

/** y = x·w, with an input and a node that nobody uses. */
const RECORDING: Recording = {
  nodes: [
    placeholder('x', [2, 2]),
    placeholder('unused', [2, 2]),
    constant('w', [2, 2], [1, 2, 3, 4]),
    graphNode('dead', 'AddV2', ['x', 'x'], { T }),
    graphNode('y', 'MatMul', ['x', 'w'], { T }),
  ],
  inputs: [port('x'), port('unused')],
  outputs: [port('y')],
  state: [],
  specs: new Map(),
};

const names = (graph: Graph) => graph.map(({ name }) => name);

describe('lowerRecording', () => {
  it('leaves out what nobody needs, but no input', () => {
    const { nodes, ...ports } = lowerRecording(RECORDING, 'float32');
    expect(names(nodes)).toEqual(['x', 'unused', 'w', 'y']);
    const { nodes: _, ...same } = RECORDING;
    expect(ports).toEqual(same);
  });

  it.each([
    ['bfloat16', DataType.BFLOAT16],
    ['float16', DataType.HALF],
  ] as const)('multiplies in %s, without casts that nobody reads', (precision, type) => {
    const { nodes } = lowerRecording(RECORDING, precision);
    expect(nodes.find(({ op }) => op === 'MatMul')!.attributes.T).toEqual({ type });
    const read = new Set(nodes.flatMap(({ inputs }) => inputs));
    const unread = nodes.filter(({ name }) => !read.has(name));
    expect(names(unread)).toEqual(['unused', 'y']);
  });
});

describe('finishGraph', () => {
  const twoEqual = [
    placeholder('x', []),
    constant('a', [], [1]),
    constant('b', [], [1]),
    graphNode('y', 'AddV2', ['a', 'b'], { T }),
    graphNode('z', 'AddV2', ['y', 'x'], { T }),
  ];

  it('keeps one of equal constants', () => {
    const graph = finishGraph(twoEqual);
    expect(names(graph)).toEqual(['x', 'a', 'y', 'z']);
    expect(graph[2]!.inputs).toEqual(['a', 'a']);
  });

  it('places what has no device yet, where one is given', () => {
    const placed = [{ ...twoEqual[0]!, device: '/device:CPU:0' }, ...twoEqual.slice(1)];
    const devices = (graph: Graph) => graph.map(({ device }) => device);
    expect(devices(finishGraph(placed, '/device:CPU:1'))).toEqual([
      '/device:CPU:0',
      ...Array(3).fill('/device:CPU:1'),
    ]);
    expect(devices(finishGraph(placed))).toEqual(['/device:CPU:0', '', '', '']);
  });

  it('refuses a graph that TensorFlow would refuse', () => {
    expect(() => finishGraph([graphNode('y', 'AddV2', ['x', 'x'], { T })])).toThrow(
      'AddV2 y needs x, which is no earlier node',
    );
  });
});
