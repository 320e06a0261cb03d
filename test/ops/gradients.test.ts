import { describe, expect, it } from 'vitest';
import { biasAdd } from '../../src/ops/bias-add.ts';
import { dense } from '../../src/ops/dense.ts';
import { groupNorm } from '../../src/ops/group-norm.ts';
import { relu } from '../../src/ops/relu.ts';
import { addRepeated, resizeBilinear, resizeNearest } from '../../src/ops/resize.ts';
import { assignLevels, roiAlign } from '../../src/ops/roi-align.ts';
import { sigmoidCrossEntropy } from '../../src/ops/sigmoid-cross-entropy.ts';
import { stopGradient } from '../../src/ops/stop-gradient.ts';
import { topK } from '../../src/ops/top-k.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, expectGradient, uniformTensor } from '../support/tensors.ts';

describe('gradients against central differences', () => {
  it('relu', () => {
    // no value within the step of the kink at 0
    expectGradient(relu, tf.tensor1d([-2, -0.5, 0.3, 1, 40]), { absolute: 1e-3, relative: 2e-3 });
  });
  it('sigmoidCrossEntropy', () => {
    const targets = tf.tensor1d([0, 1, 0.3, 1, 0]);
    expectGradient((x) => sigmoidCrossEntropy(x, targets), tf.tensor1d([-3, -1, 0.4, 2, 5]));
  });
  it('biasAdd', () => {
    const [x, bias] = [uniformTensor([2, 3, 3, 4], 6), uniformTensor<tf.Rank.R1>([4], 7)];
    expectGradient((at) => biasAdd(at, bias), x);
    expectGradient((at) => biasAdd(x, at as tf.Tensor1D), bias);
  });
  it('dense', () => {
    const x = uniformTensor<tf.Rank.R2>([3, 4], 8);
    const kernel = uniformTensor<tf.Rank.R2>([4, 2], 9);
    const bias = uniformTensor<tf.Rank.R1>([2], 10);
    expectGradient((at) => dense(at as tf.Tensor2D, kernel, bias), x);
    expectGradient((at) => dense(x, at as tf.Tensor2D, bias), kernel);
    expectGradient((at) => dense(x, kernel, at as tf.Tensor1D), bias);
  });
  it('topK', () => {
    // Values further apart than two steps, so that their order holds.
    const x = tf.tensor3d([0.3, -0.2, 0.9, 0.1, 0.6, -0.9, 0.5, 0.2, -0.4, 0.8, 0, -0.1], [2, 2, 3]);
    expectGradient((at) => topK(at, 2).values, x);
  });
});

describe('groupNorm’s gradient against central differences', () => {
  it.each([
    { shape: [2, 3, 2, 4], groups: 2, is: 'some groups' },
    { shape: [2, 3, 3, 3], groups: 3, is: 'a group for each channel' },
    { shape: [3, 2, 2, 4], groups: 1, is: 'one group' },
    { shape: [2, 1, 1, 6], groups: 2, is: 'one pixel' },
  ] as const)('$is: $shape in $groups', ({ shape, groups }) => {
    const x = uniformTensor<tf.Rank.R4>([...shape], 1, -2, 2);
    const scale = uniformTensor<tf.Rank.R1>([shape[3]], 2, 0.5, 1.5);
    const shift = uniformTensor<tf.Rank.R1>([shape[3]], 3);
    // The third derivative grows with the inverse cube of the deviation.
    const tolerance = { absolute: 3e-3, relative: 5e-3 };
    expectGradient((at) => groupNorm(at as tf.Tensor4D, scale, shift, groups), x, tolerance);
    expectGradient((at) => groupNorm(x, at as tf.Tensor1D, shift, groups), scale);
    expectGradient((at) => groupNorm(x, scale, at as tf.Tensor1D, groups), shift);
  });
});

describe('roiAlign’s gradient against central differences', () => {
  const maps = [8, 4, 2, 1].map((side, i) => uniformTensor<tf.Rank.R4>([2, side, side, 2], 4 + i));
  const regionsOf = (boxes: number[][]) => ({
    boxes: tf.tensor2d(boxes, [boxes.length, 4]),
    imageIndices: tf.tensor1d(
      boxes.map((_, r) => r % 2),
      'int32',
    ),
  });
  /** Cut from the first to the fourth level at a canonical size of 16; all but the second touch the image's edge. */
  const boxes = [
    [0, 0, 3, 3],
    [1, 2, 8, 7],
    [30, 29, 32, 32],
    [0, 3, 6, 9],
    [20, 20, 32, 32],
    [0, 0, 24, 20],
    [0, 0, 32, 32],
  ];
  const check = (level: number, chosen: number[][]) =>
    expectGradient((at) => {
      const levels = maps.map((map, i) => (i === level ? (at as tf.Tensor4D) : map));
      return roiAlign(levels, regionsOf(chosen), { size: 2, canonicalSize: 16, samplingRatio: 2 });
    }, maps[level]!);

  it('spreads the boxes over all levels', () => {
    const levels = assignLevels(regionsOf(boxes).boxes, 4, 16).dataSync();
    expect(new Set(levels)).toEqual(new Set([0, 1, 2, 3]));
  });
  it.each([0, 1, 2, 3])('to level %i', (level) => {
    check(level, boxes);
  });
  it.each([0, 1, 2, 3])('to level %i, when the other levels have no box', (level) => {
    const assigned = assignLevels(regionsOf(boxes).boxes, 4, 16).dataSync();
    check(
      level,
      boxes.filter((_, r) => assigned[r] === level),
    );
  });
  it('is 0 for a level without boxes', () => {
    const cut = (at: tf.Tensor) =>
      roiAlign([at as tf.Tensor4D, maps[1]!], regionsOf([[0, 0, 31, 31]]), {
        size: 2,
        canonicalSize: 16,
        samplingRatio: 2,
      });
    expectClose(tf.grad((at) => cut(at).sum())(maps[0]!), maps[0]!.zerosLike().dataSync());
  });
});

describe('gradients of resizing against central differences', () => {
  const x = uniformTensor<tf.Rank.R4>([2, 3, 4, 2], 11);

  it.each([1, 2, 3])('resizeNearest, %i times', (factor) => {
    expectGradient((at) => resizeNearest(at as tf.Tensor4D, factor), x);
  });
  it.each([
    { size: [6, 8], is: 'doubling' },
    { size: [5, 7], is: 'enlarging' },
    { size: [2, 3], is: 'shrinking' },
    { size: [3, 4], is: 'nothing' },
  ] as const)('resizeBilinear, $is', ({ size }) => {
    expectGradient((at) => resizeBilinear(at as tf.Tensor4D, size), x);
  });
  it('addRepeated', () => {
    const fine = uniformTensor<tf.Rank.R4>([2, 6, 8, 2], 12);
    expectGradient((at) => addRepeated(at as tf.Tensor4D, x), fine);
    expectGradient((at) => addRepeated(fine, at as tf.Tensor4D), x);
    // one tensor in both places: the gradients add up
    expectGradient((at) => addRepeated(at as tf.Tensor4D, at as tf.Tensor4D), x);
  });
});

describe('stopGradient', () => {
  it('passes values and no gradient, also before ops that have none', () => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => {
      const best = tf.topk(stopGradient(x) as tf.Tensor1D, 1).values;
      return x.mul(3).sum().add(best.sum()) as tf.Scalar;
    })(tf.tensor1d([1, 5, 2]));
    expectClose(value, 24 + 5);
    expectClose(grad, [3, 3, 3]);
  });
});
