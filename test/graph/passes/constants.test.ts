import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/graph/graph.ts';
import { DataType } from '../../../src/graph/graph.ts';
import { shareConstants } from '../../../src/graph/passes/constants.ts';
import { validateGraph } from '../../../src/graph/passes/validate.ts';
import { createRandom } from '../../../src/system/random.ts';
import { graphNode } from '../../support/graph-nodes.ts';
import { interpret } from './interpreter.ts';
import { floats, integers, randomGraph } from './random-graph.ts';

const namesOf = (graph: Graph) => graph.map(({ name }) => name);
const T = { T: { type: DataType.FLOAT } };

describe('shareConstants', () => {
  it('puts the first of equal constants in the place of the others', () => {
    const graph = [
      floats('one', [2], [1, 2]),
      floats('two', [2], [1, 2]),
      graphNode('sum', 'AddV2', ['two', 'one'], T),
      floats('three', [2], [1, 2]),
      graphNode('late', 'Identity', ['sum', '^three', '^sum', '^one'], T),
    ];
    const shared = shareConstants(graph);
    expect(namesOf(shared)).toEqual(['one', 'sum', 'late']);
    expect(shared[1]?.inputs).toEqual(['one', 'one']);
    expect(shared[2]?.inputs).toEqual(['sum', '^one', '^sum']);
  });
  it('tells types, shapes, devices and bits apart', () => {
    const graph = [
      floats('zero', [], [0]),
      floats('negative zero', [], [-0]),
      floats('vector', [1], [0]),
      floats('elsewhere', [], [0], '/device:GPU:0'),
      integers('integer', [0]),
      floats('none', [0], []),
      floats('no rows of two', [0, 2], []),
      floats('no rows of three', [0, 3], []),
    ];
    expect(shareConstants(graph)).toEqual(graph);
  });
  it('shares large constants, and tells them apart by any byte', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i);
    const graph = [
      floats('a', [1000], values),
      floats('b', [1000], values.with(999, 0)),
      floats('c', [1000], values),
      floats('d', [10, 100], values),
    ];
    expect(namesOf(shareConstants(graph))).toEqual(['a', 'b', 'd']);
  });
  it('shares strings, and tells where one ends', () => {
    const text = (name: string, strings: string[]) =>
      graphNode(name, 'Const', [], {
        dtype: { type: DataType.STRING },
        value: {
          tensor: {
            dtype: DataType.STRING,
            shape: [2],
            bytes: new Uint8Array(),
            strings: strings.map((part) => Buffer.from(part)),
          },
        },
      });
    const shared = shareConstants([text('a', ['ab', 'c']), text('b', ['a', 'bc']), text('c', ['ab', 'c'])]);
    expect(namesOf(shared)).toEqual(['a', 'b']);
  });
  it('keeps the names of roots, and rewires their users all the same', () => {
    const graph = [
      floats('first', [], [5]),
      floats('fetched', [], [5]),
      graphNode('user', 'Identity', ['fetched'], T),
    ];
    const shared = shareConstants(graph, ['fetched:0']);
    expect(namesOf(shared)).toEqual(['first', 'fetched', 'user']);
    expect(shared[2]?.inputs).toEqual(['first']);
    expect(shareConstants(shared, ['fetched'])).toEqual(shared);
  });
  it('leaves a constant that waits for another node', () => {
    const waiting = { ...floats('late', [], [1]), inputs: ['^first'] };
    const graph = [floats('first', [], [1]), waiting];
    expect(shareConstants(graph)).toEqual(graph);
  });
  it('changes no result', () => {
    let removed = 0;
    for (let seed = 0; seed < 30; seed++) {
      const random = createRandom('constants', seed);
      const graph = randomGraph(random, 60);
      const shared = shareConstants(graph);
      removed += graph.length - shared.length;
      validateGraph(shared);
      expect(shareConstants(shared)).toEqual(shared);
      const left = namesOf(shared);
      const before = interpret(graph, left, { random });
      expect(interpret(shared, left, { random })).toEqual(before);
    }
    expect(removed).toBeGreaterThan(30);
  });
  it('takes well under a second for 100,000 nodes', () => {
    const random = createRandom('many');
    const graph = Array.from({ length: 50_000 }, (_, i) => [
      integers(`shape${i}`, [4, random.int(500)]),
      graphNode(`reshape${i}`, 'Reshape', [i > 0 ? `reshape${i - 1}` : 'shape0', `shape${i}`]),
    ]).flat();
    const started = performance.now();
    const shared = shareConstants(graph);
    const elapsedMs = performance.now() - started;
    expect(shared).toHaveLength(50_000 + 500);
    expect(elapsedMs).toBeLessThan(1000);
  });
});
