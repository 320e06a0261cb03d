import { describe, expect, it } from 'vitest';
import { assertTensorTree, flattenTree, unflattenTree } from '../../src/graph/tensor-tree.ts';
import { tf } from '../../src/system/tensorflow.ts';

const [a, b, c] = [tf.scalar(1), tf.scalar(2), tf.scalar(3)];

describe('flattenTree', () => {
  it('lists tensors by their paths, in the order of the records', () => {
    expect(flattenTree({ z: a, batch: { images: b, deep: { er: c } } })).toEqual([
      ['z', a],
      ['batch/images', b],
      ['batch/deep/er', c],
    ]);
  });
  it('is empty for records without tensors', () => {
    expect(flattenTree({ a: { b: {} } })).toEqual([]);
  });
  it('takes a variable for a tensor', () => {
    const variable = tf.variable(a);
    expect(flattenTree({ variable })).toEqual([['variable', variable]]);
  });
});

describe('unflattenTree', () => {
  it('undoes flattenTree', () => {
    const tree = { z: a, batch: { images: b, deep: { er: c } }, y: a };
    expect(unflattenTree(flattenTree(tree))).toEqual(tree);
    expect(Object.keys(unflattenTree(flattenTree(tree)))).toEqual(['z', 'batch', 'y']);
  });
  it('is an empty record for nothing', () => {
    expect(unflattenTree([])).toEqual({});
  });
});

describe('assertTensorTree', () => {
  it.each([
    ['no tensors', {}],
    ['tensors', { a, 'b.c_d-e>9': b }],
    ['records', { a: { b: { c } } }],
  ])('takes %s', (_, tree) => {
    expect(() => assertTensorTree(tree, 'x')).not.toThrow();
  });
  it.each([
    ['a tensor', a, 'x: expected a record of tensors, got a tensor'],
    ['null inside', { a: { b: null } }, 'x/a/b: expected a record of tensors, got null'],
    ['an array inside', { a: [b] }, 'x/a: expected a record of tensors, got an array'],
    ['a string inside', { a: 'b' }, 'x/a: expected a record of tensors, got string'],
    ['a function', () => ({}), 'x: expected a record of tensors, got function'],
    ['an empty name', { '': a }, 'x: the name "" may only hold letters, digits and . _ > -'],
    ['a colon inside', { a: { 'b:0': a } }, 'x/a: the name "b:0" may only hold letters, digits and . _ > -'],
  ])('refuses %s', (_, tree, message) => {
    expect(() => assertTensorTree(tree, 'x')).toThrow(new TypeError(message));
  });
});
