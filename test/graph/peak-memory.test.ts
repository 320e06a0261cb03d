import { describe, expect, it } from 'vitest';
import type { Graph, Node } from '../../src/graph/graph.ts';
import { peakMemory } from '../../src/graph/peak-memory.ts';
import { graphNode } from '../support/graph-nodes.ts';

/** Sizes of a node's outputs stand in its name: `a_10` has one of 10 bytes, `b_5_7` two. */
const sizes = ({ name }: Node) => name.split('_').slice(1).map(Number);

const peak = (graph: Graph, kept: readonly string[] = []) => peakMemory(graph, kept, sizes);
const live = (graph: Graph, kept: readonly string[] = []) => peak(graph, kept).live.map(({ node }) => node);

describe('peakMemory', () => {
  it('is nothing for a graph without values', () => {
    expect(peak([])).toEqual({ bytes: 0, live: [] });
    expect(peak([graphNode('w_100', 'Const'), graphNode('v_100', 'ReadVariableOp', ['state/v'])]).bytes).toBe(
      0,
    );
  });

  it('holds a value from its node to the last that uses it', () => {
    const graph = [
      graphNode('x_1', 'Placeholder'),
      graphNode('a_10', 'Conv2D', ['x_1']),
      graphNode('b_20', 'Conv2D', ['a_10']),
      graphNode('c_40', 'Conv2D', ['b_20']),
      graphNode('d_5', 'Conv2D', ['c_40', 'a_10']),
    ];
    expect(peak(graph)).toEqual({
      bytes: 1 + 10 + 20 + 40,
      live: [
        expect.objectContaining({ node: 'x_1', bytes: 1 }),
        expect.objectContaining({ node: 'a_10', bytes: 10 }),
        expect.objectContaining({ node: 'b_20', bytes: 20 }),
        expect.objectContaining({ node: 'c_40', bytes: 40 }),
      ],
    });
  });

  it('keeps inputs and what is asked for to the end', () => {
    const graph = [
      graphNode('x_1', 'Placeholder'),
      graphNode('y_10', 'Conv2D', ['x_1']),
      graphNode('a_20', 'Conv2D', ['y_10']),
      graphNode('b_20', 'Conv2D', ['a_20']),
    ];
    expect(live(graph)).toEqual(['x_1', 'a_20', 'b_20']);
    expect(live(graph, ['y_10'])).toEqual(['x_1', 'y_10', 'a_20', 'b_20']);
  });

  it('counts each output of a node, also one that nobody uses', () => {
    const graph = [graphNode('a_10_20', 'Split'), graphNode('b_3', 'Conv2D', ['a_10_20:1'])];
    expect(peak(graph).bytes).toBe(30);
    expect(peak([...graph, graphNode('c_100', 'Conv2D', ['a_10_20:1'])]).bytes).toBe(120);
  });

  it('takes a reshaped value for the same memory', () => {
    const graph = [
      graphNode('a_10', 'Conv2D'),
      graphNode('b_10', 'Reshape', ['a_10', 'shape']),
      graphNode('c_4', 'Conv2D', ['a_10']),
      graphNode('d_5', 'Conv2D', ['b_10']),
    ];
    expect(peak(graph).bytes).toBe(10 + 4 + 5 - 4);
    expect(live(graph)).toEqual(['a_10', 'd_5']);
  });

  it('lets arithmetic write into an input that nobody else needs', () => {
    const chain = (op: string) => [
      graphNode('a_10', 'Conv2D'),
      graphNode('b_10', op, ['a_10']),
      graphNode('c_10', op, ['b_10']),
    ];
    expect(peak(chain('Relu')).bytes).toBe(10);
    expect(peak(chain('MaxPool')).bytes).toBe(20);
    expect(peak([...chain('Relu'), graphNode('d_1', 'Conv2D', ['a_10'])]).bytes).toBe(20);
  });

  it('does not hold a value for those who only wait', () => {
    const graph = [
      graphNode('a_10', 'Conv2D'),
      graphNode('b_20', 'Conv2D', ['^a_10']),
      graphNode('c_30', 'Conv2D', ['b_20', '^a_10']),
    ];
    expect(live(graph)).toEqual(['b_20', 'c_30']);
  });
});
