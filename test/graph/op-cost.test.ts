import { describe, expect, it } from 'vitest';
import { type Attribute, DataType } from '../../src/graph/graph.ts';
import { flopsOf } from '../../src/graph/op-cost.ts';

type Shape = readonly number[];

function flops(
  op: string,
  inputs: readonly Shape[],
  outputs: readonly Shape[],
  attributes: Record<string, Attribute> = {},
): number {
  const specs = (shapes: readonly Shape[]) => shapes.map((shape) => ({ shape, dtype: DataType.FLOAT }));
  return flopsOf({ op, attributes, inputs: specs(inputs), outputs: specs(outputs) });
}

const yes: Attribute = { b: true };
const ksize: Attribute = { list: { i: [1, 3, 2, 1] } };

describe('flopsOf', () => {
  it('counts two for each value that a convolution makes and each weight of a filter that leads to it', () => {
    // 3x3 with stride 2 on 224x224x3 to 64 channels: 112·112·64 values of 27 products each.
    expect(
      flops(
        'Conv2D',
        [
          [1, 224, 224, 3],
          [3, 3, 3, 64],
        ],
        [[1, 112, 112, 64]],
      ),
    ).toBe(2 * 112 * 112 * 64 * 27);
    expect(
      flops(
        'Conv2D',
        [
          [5, 7, 9, 4],
          [1, 1, 4, 6],
        ],
        [[5, 7, 9, 6]],
      ),
    ).toBe(2 * 5 * 7 * 9 * 4 * 6);
  });

  it('counts each gradient of a convolution as the convolution itself', () => {
    const forward = flops(
      'Conv2D',
      [
        [2, 8, 8, 3],
        [3, 3, 3, 5],
      ],
      [[2, 4, 4, 5]],
    );
    expect(flops('Conv2DBackpropInput', [[4], [3, 3, 3, 5], [2, 4, 4, 5]], [[2, 8, 8, 3]])).toBe(forward);
    expect(flops('Conv2DBackpropFilter', [[2, 8, 8, 3], [4], [2, 4, 4, 5]], [[3, 3, 3, 5]])).toBe(forward);
  });

  it('counts a transposed convolution by the values that go in', () => {
    // 2x2 with stride 2 on 14x14x256 to 256: each of the 28·28·256 results is a sum over 256 values.
    expect(flops('Conv2DBackpropInput', [[4], [2, 2, 256, 256], [1, 14, 14, 256]], [[1, 28, 28, 256]])).toBe(
      2 * 28 * 28 * 256 * 256,
    );
  });

  it('counts a depthwise convolution without a sum over channels', () => {
    expect(
      flops(
        'DepthwiseConv2dNative',
        [
          [1, 8, 8, 3],
          [3, 3, 3, 2],
        ],
        [[1, 8, 8, 6]],
      ),
    ).toBe(2 * 8 * 8 * 6 * 9);
  });

  it('counts two for each product of matrices, transposed or not', () => {
    const expected = 2 * 3 * 5 * 7;
    expect(
      flops(
        'MatMul',
        [
          [3, 7],
          [7, 5],
        ],
        [[3, 5]],
      ),
    ).toBe(expected);
    expect(
      flops(
        'MatMul',
        [
          [7, 3],
          [7, 5],
        ],
        [[3, 5]],
        { transpose_a: yes },
      ),
    ).toBe(expected);
    expect(
      flops(
        'MatMul',
        [
          [3, 7],
          [5, 7],
        ],
        [[3, 5]],
        { transpose_b: yes },
      ),
    ).toBe(expected);
    expect(
      flops(
        'BatchMatMulV2',
        [
          [4, 3, 7],
          [4, 7, 5],
        ],
        [[4, 3, 5]],
      ),
    ).toBe(4 * expected);
    expect(
      flops(
        'BatchMatMulV2',
        [
          [4, 7, 3],
          [7, 5],
        ],
        [[4, 3, 5]],
        { adj_x: yes },
      ),
    ).toBe(4 * expected);
  });

  it('counts one for each value in a window', () => {
    expect(flops('MaxPool', [[2, 9, 8, 5]], [[2, 3, 4, 5]], { ksize })).toBe(2 * 3 * 4 * 5 * 6);
    expect(
      flops(
        'MaxPoolGrad',
        [
          [2, 9, 8, 5],
          [2, 3, 4, 5],
          [2, 3, 4, 5],
        ],
        [[2, 9, 8, 5]],
        { ksize },
      ),
    ).toBe(2 * 3 * 4 * 5 * 6);
    expect(flops('AvgPoolGrad', [[4], [2, 3, 4, 5]], [[2, 9, 8, 5]], { ksize })).toBe(2 * 3 * 4 * 5 * 6);
  });

  it('counts arithmetic by its results and sums by what they are of', () => {
    expect(
      flops(
        'Mul',
        [
          [4, 1],
          [1, 6],
        ],
        [[4, 6]],
      ),
    ).toBe(24);
    expect(flops('Exp', [[4, 6]], [[4, 6]])).toBe(24);
    expect(
      flops(
        'AddN',
        [
          [4, 6],
          [4, 6],
          [4, 6],
        ],
        [[4, 6]],
      ),
    ).toBe(48);
    expect(flops('Sum', [[4, 6], [1]], [[4]])).toBe(24);
    expect(flops('L2Loss', [[4, 6]], [[]])).toBe(48);
    expect(flops('SomethingNew', [[4, 6]], [[2, 3]])).toBe(6);
  });

  it('counts nothing for what moves, chooses or sorts values', () => {
    for (const op of [
      'Reshape',
      'ConcatV2',
      'GatherV2',
      'TopKV2',
      'NonMaxSuppressionV4',
      'Const',
      'Select',
    ]) {
      expect(flops(op, [[4, 6]], [[4, 6]]), op).toBe(0);
    }
  });

  it('counts crops by their samples', () => {
    expect(flops('CropAndResize', [[1, 9, 9, 4], [3, 4], [3], [2]], [[3, 14, 14, 4]])).toBe(
      9 * 3 * 14 * 14 * 4,
    );
    expect(flops('CropAndResizeGradImage', [[3, 14, 14, 4], [3, 4], [3], [4]], [[1, 9, 9, 4]])).toBe(
      8 * 3 * 14 * 14 * 4,
    );
  });

  it('counts updates by weights; the variables are not among the inputs', () => {
    const numbers = Array.from({ length: 6 }, () => []);
    expect(flops('ResourceApplyAdam', [...numbers, [10, 3]], [])).toBe(12 * 30);
    expect(flops('ResourceApplyMomentum', [[], [10, 3], []], [])).toBe(4 * 30);
    expect(flops('AssignVariableOp', [[10, 3]], [])).toBe(0);
  });
});
