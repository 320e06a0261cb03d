import { describe, expect, it } from 'vitest';
import { isControl, nodeOfInput } from '../../../src/graph/graph.ts';
import { removeDeadNodes } from '../../../src/graph/passes/dead-nodes.ts';
import { validateGraph } from '../../../src/graph/passes/validate.ts';
import { createRandom } from '../../../src/system/random.ts';
import { graphNode } from '../../support/graph-nodes.ts';
import { interpret } from './interpreter.ts';
import { randomGraph } from './random-graph.ts';

const namesOf = (graph: readonly { name: string }[]) => graph.map(({ name }) => name);

describe('removeDeadNodes', () => {
  const graph = [
    graphNode('a', 'Placeholder'),
    graphNode('dead', 'Placeholder'),
    graphNode('update', 'AssignVariableOp', ['a']),
    graphNode('pair', 'Unpack', ['a']),
    graphNode('deader', 'Identity', ['dead', '^update']),
    graphNode('sum', 'AddV2', ['pair:1', 'a', '^update']),
  ];

  it('keeps what the roots need through values and control inputs, in order', () => {
    expect(namesOf(removeDeadNodes(graph, ['sum']))).toEqual(['a', 'update', 'pair', 'sum']);
  });
  it('takes roots as inputs are written', () => {
    expect(namesOf(removeDeadNodes(graph, ['pair:1', '^update', 'dead']))).toEqual([
      'a',
      'dead',
      'update',
      'pair',
    ]);
  });
  it('is empty without roots', () => {
    expect(removeDeadNodes(graph, [])).toEqual([]);
  });
  it('names a root that is not there', () => {
    expect(() => removeDeadNodes(graph, ['a', 'summ:1'])).toThrow(
      'removeDeadNodes: the graph has no node summ',
    );
  });
  it('leaves nothing but roots and what is used, and the same results', () => {
    let [removed, controls] = [0, 0];
    for (let seed = 0; seed < 30; seed++) {
      const random = createRandom('dead', seed);
      const whole = randomGraph(random, 60);
      const roots = random.shuffle(namesOf(whole)).slice(0, 4);
      const alive = removeDeadNodes(whole, roots);
      const used = new Set([...roots, ...alive.flatMap((node) => node.inputs.map(nodeOfInput))]);
      removed += whole.length - alive.length;
      controls += alive.filter((node) => node.inputs.some(isControl)).length;
      expect(namesOf(alive).filter((name) => !used.has(name))).toEqual([]);
      expect(removeDeadNodes(alive, roots)).toEqual(alive);
      validateGraph(alive);
      expect(interpret(alive, roots, { random })).toEqual(interpret(whole, roots, { random }));
    }
    expect(removed).toBeGreaterThan(300);
    expect(controls).toBeGreaterThan(100);
  });
});
