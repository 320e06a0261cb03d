import { describe, expect, it } from 'vitest';
import { biasAdd } from '../../src/ops/bias-add.ts';
import { dense } from '../../src/ops/dense.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, expectNoLeak, uniformTensor } from '../support/tensors.ts';

describe('dense', () => {
  it('is the product with the kernel, and the bias', () => {
    const kernel = tf.tensor2d([
      [1, 0],
      [0, 2],
    ]);
    expectClose(dense(tf.tensor2d([[3, 4]]), kernel, tf.tensor1d([10, 20])), [13, 28]);
  });
  it('names the tensor of a wrong shape', () => {
    const x = tf.zeros<tf.Rank.R2>([2, 3]);
    expect(() => dense(x, tf.zeros([4, 5]), tf.zeros([5]))).toThrow(
      'dense: kernel: expected [3, O], got [4, 5]',
    );
    expect(() => dense(x, tf.zeros([3, 5]), tf.zeros([3]))).toThrow('dense: bias: expected [5], got [3]');
  });
  it('leaves no tensor behind, forward and backward', () => {
    const x = uniformTensor<tf.Rank.R2>([2, 3], 1);
    const square = (at: tf.Tensor) => dense(at as tf.Tensor2D, tf.ones([3, 2]), tf.ones([2])).square();
    expectNoLeak(() => tf.tidy(() => tf.grad(square)(x)));
  });
});

describe('biasAdd', () => {
  it('adds to each channel, whatever the dimensions before it', () => {
    const bias = tf.tensor1d([1, 2]);
    expectClose(biasAdd(tf.zeros([2, 2]), bias), [1, 2, 1, 2]);
    expectClose(biasAdd(tf.zeros([1, 2, 1, 2]), bias), [1, 2, 1, 2]);
  });
  it('leaves the gradient that comes in to the caller, also where x is used twice', () => {
    const x = uniformTensor([2, 2], 1);
    const dy = tf.ones([2, 2]);
    const grad = tf.grad((at) => biasAdd(at, tf.tensor1d([1, 2])).add(at.mul(3)))(x, dy);
    expectClose(grad, [4, 4, 4, 4]);
    tf.dispose(tf.grad((at) => biasAdd(at, tf.tensor1d([1, 2])))(x, dy));
    expect(dy.isDisposed).toBe(false);
  });
  it('names the bias of a wrong shape', () => {
    expect(() => biasAdd(tf.zeros([2, 2]), tf.zeros([3]))).toThrow('biasAdd: bias: expected [2], got [3]');
  });
});
