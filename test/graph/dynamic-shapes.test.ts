import { describe, expect, it } from 'vitest';
import { makesDynamicShape } from '../../src/graph/dynamic-shapes.ts';
import type { Attribute } from '../../src/graph/graph.ts';

const CONSTANT = { constant: true, dynamic: false };
const COMPUTED = { constant: false, dynamic: false };
const DYNAMIC = { constant: false, dynamic: true };
const padded = (b: boolean): Record<string, Attribute> => ({ pad_to_max_output_size: { b } });

describe('makesDynamicShape', () => {
  it.each([
    ['finds how many there are', 'Where', [COMPUTED]],
    ['finds how many there are, of a constant', 'Where', [CONSTANT]],
    ['takes a dynamic input', 'Add', [COMPUTED, DYNAMIC]],
    ['takes a size that is computed', 'Fill', [COMPUTED, CONSTANT]],
    ['takes a bound that is computed', 'StridedSlice', [COMPUTED, CONSTANT, COMPUTED, CONSTANT]],
    ['reshapes a dynamic input', 'Reshape', [DYNAMIC, CONSTANT]],
    ['scatters onto a dynamic input', 'TensorScatterUpdate', [DYNAMIC, COMPUTED, COMPUTED]],
    ['scatters into a size that is computed', 'ScatterNd', [DYNAMIC, DYNAMIC, COMPUTED]],
  ])('is true where an op %s', (_, op, inputs) => {
    expect(makesDynamicShape(op, inputs, {})).toBe(true);
  });

  it.each([
    ['computes', 'Add', [COMPUTED, COMPUTED]],
    ['takes a size that is constant', 'Reshape', [COMPUTED, CONSTANT]],
    ['scatters dynamic rows into a fixed size', 'ScatterNd', [DYNAMIC, DYNAMIC, CONSTANT]],
    ['scatters dynamic rows onto a tensor', 'TensorScatterAdd', [COMPUTED, DYNAMIC, DYNAMIC]],
    ['stitches dynamic rows', 'DynamicStitch', [DYNAMIC, DYNAMIC, DYNAMIC, DYNAMIC]],
    ['asks for the shape', 'Shape', [DYNAMIC]],
    ['sums all squares', 'L2Loss', [DYNAMIC]],
    ['takes nothing', 'Const', []],
  ])('is false where an op %s', (_, op, inputs) => {
    expect(makesDynamicShape(op, inputs, {})).toBe(false);
  });

  it('of padded suppression depends on its attribute', () => {
    const inputs = [COMPUTED, COMPUTED, CONSTANT, CONSTANT, CONSTANT];
    expect(makesDynamicShape('NonMaxSuppressionV4', inputs, padded(true))).toBe(false);
    expect(makesDynamicShape('NonMaxSuppressionV4', inputs, padded(false))).toBe(true);
    expect(makesDynamicShape('NonMaxSuppressionV4', inputs, {})).toBe(true);
    expect(makesDynamicShape('NonMaxSuppressionV4', [DYNAMIC, ...inputs.slice(1)], padded(true))).toBe(false);
  });
});
