import { describe, expect, it } from 'vitest';
import { addRepeated, resizeBilinear, resizeNearest } from '../../src/ops/resize.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, expectNoLeak, uniformTensor } from '../support/tensors.ts';

const square = () => tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);

describe('resizeNearest', () => {
  it('repeats each pixel', () => {
    expectClose(resizeNearest(square(), 2), [
      [1, 1, 2, 2],
      [1, 1, 2, 2],
      [3, 3, 4, 4],
      [3, 3, 4, 4],
    ]);
  });
  it.each([1.5, 0, -2])('refuses the factor %d', (factor) => {
    expect(() => resizeNearest(square(), factor)).toThrow(
      `resizeNearest: expected a whole factor >= 1, got ${factor}`,
    );
  });
});

describe('resizeBilinear', () => {
  it('places values between pixel centres, and goes on with the edge beyond them', () => {
    expectClose(resizeBilinear(tf.tensor4d([0, 4], [1, 1, 2, 1]), [1, 4]), [0, 1, 3, 4]);
  });
  it('changes nothing for the same size', () => {
    const x = uniformTensor<tf.Rank.R4>([2, 3, 5, 2], 1);
    expectClose(resizeBilinear(x, [3, 5]), x.dataSync());
  });
  it('keeps the sum of a gradient', () => {
    const x = uniformTensor<tf.Rank.R4>([1, 4, 4, 1], 1);
    const grad = tf.grad((at) => resizeBilinear(at as tf.Tensor4D, [7, 9]).sum())(x);
    expectClose(grad.sum(), 7 * 9);
  });
});

describe('addRepeated', () => {
  it('is the sum with the repeated map', () => {
    const fine = uniformTensor<tf.Rank.R4>([2, 6, 9, 3], 1);
    const coarse = uniformTensor<tf.Rank.R4>([2, 2, 3, 3], 2);
    expectClose(addRepeated(fine, coarse), fine.add(resizeNearest(coarse, 3)).dataSync());
  });
  it('refuses maps whose sizes differ by no whole factor', () => {
    const maps = [tf.zeros<tf.Rank.R4>([1, 5, 4, 2]), tf.zeros<tf.Rank.R4>([1, 2, 2, 2])] as const;
    expect(() => addRepeated(...maps)).toThrow('addRepeated: fine: expected [1, 6, 6, 2], got [1, 5, 4, 2]');
  });
  it('leaves the gradient that comes in to the caller', () => {
    const x = uniformTensor<tf.Rank.R4>([1, 2, 2, 1], 1);
    const dy = tf.ones<tf.Rank.R4>([1, 2, 2, 1]);
    const grad = tf.grad((at) => addRepeated(at as tf.Tensor4D, at as tf.Tensor4D))(x, dy);
    expectClose(grad, [2, 2, 2, 2]);
    expect(dy.isDisposed).toBe(false);
  });
  it('leaves no tensor behind, forward and backward', () => {
    const x = uniformTensor<tf.Rank.R4>([1, 4, 4, 2], 1);
    const twice = (at: tf.Tensor) =>
      addRepeated(resizeNearest(at as tf.Tensor4D, 2), resizeBilinear(at as tf.Tensor4D, [4, 4]));
    expectNoLeak(() => tf.tidy(() => tf.grad(twice)(x)));
  });
});
