import { describe, expect, it } from 'vitest';
import { createGraphBuilder, existsWithin, isWithin } from '../../src/graph/graph-builder.ts';

describe('createGraphBuilder', () => {
  it('names nodes by scope, op and number, or as it is told', () => {
    const builder = createGraphBuilder('train');
    expect(builder.add('Add')).toBe('train/Add_0');
    expect(builder.add('Add', { inputs: ['train/Add_0', 'state/w:1'] })).toBe('train/Add_1');
    expect(builder.add('Placeholder', { name: 'inputs/x' })).toBe('train/inputs/x');
    expect(builder.nodes[1]).toEqual({
      name: 'train/Add_1',
      op: 'Add',
      inputs: ['train/Add_0', 'state/w:1'],
      device: '',
      attributes: {},
    });
  });

  it('writes what runs before as control inputs, once each and last', () => {
    const builder = createGraphBuilder('f');
    builder.add('Add', { inputs: ['a', 'b:1'], after: ['c', 'd', 'c'] });
    expect(builder.nodes[0]!.inputs).toEqual(['a', 'b:1', '^c', '^d']);
  });

  it('puts nodes on the device in force, the innermost, but for those of variables', () => {
    const builder = createGraphBuilder('f');
    builder.onDevice('outer', () => {
      builder.add('A');
      builder.onDevice('inner', () => builder.add('B'));
      builder.add('C');
      builder.add('D', { withVariable: true });
    });
    builder.add('E');
    expect(builder.nodes.map(({ device }) => device)).toEqual(['outer', 'inner', 'outer', '', '']);
  });

  it('ties nodes to the condition in force, the innermost, unless they always run', () => {
    const builder = createGraphBuilder('f');
    const gates = [builder.gate];
    builder.within('outer', () => {
      builder.add('A', { inputs: ['x'], after: ['outer', 'y'] });
      builder.within('inner', () => {
        gates.push(builder.gate);
        builder.add('B');
        builder.add('C', { always: true });
      });
      builder.add('D');
    });
    builder.add('E');
    expect(builder.nodes.map(({ inputs }) => inputs)).toEqual([
      ['x', '^outer', '^y'],
      ['^inner'],
      [],
      ['^outer'],
      [],
    ]);
    expect(gates).toEqual([null, { pivot: 'inner', outer: { pivot: 'outer', outer: null } }]);
  });

  it('returns what the body returns, and leaves scopes after an error', () => {
    const builder = createGraphBuilder('f');
    expect(builder.onDevice('d', () => builder.within('p', () => 3))).toBe(3);
    const fail = () => {
      throw new Error('inside');
    };
    expect(() => builder.onDevice('d', fail)).toThrow('inside');
    expect(() => builder.within('p', fail)).toThrow('inside');
    builder.add('A');
    expect(builder.nodes[0]).toMatchObject({ device: '', inputs: [] });
  });
});

describe('gates', () => {
  const outer = { pivot: 'outer', outer: null };
  const inner = { pivot: 'inner', outer };
  const sibling = { pivot: 'sibling', outer };

  it.each([
    [null, null, true],
    [null, inner, true],
    [outer, inner, true],
    [inner, inner, true],
    [inner, outer, false],
    [inner, null, false],
    [sibling, inner, false],
  ])('a value made under %j exists under %j: %s', (made, current, exists) => {
    expect(existsWithin(made, current)).toBe(exists);
  });

  it.each([
    [null, 'outer', false],
    [outer, 'outer', true],
    [inner, 'outer', true],
    [outer, 'inner', false],
    [sibling, 'inner', false],
  ])('%j is within %s: %s', (gate, pivot, within) => {
    expect(isWithin(gate, pivot)).toBe(within);
  });
});
