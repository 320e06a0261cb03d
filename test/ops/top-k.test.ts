import { describe, expect, it } from 'vitest';
import { topK } from '../../src/ops/top-k.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, expectNoLeak, uniformTensor } from '../support/tensors.ts';

describe('topK', () => {
  it('gives the largest of each row, the largest first, with their places as whole numbers', () => {
    const { values, indices } = topK(
      tf.tensor2d([
        [3, -1, 7, 5],
        [0, 2, 1, -4],
      ]),
      2,
    );
    expectClose(values, [7, 5, 2, 1]);
    expectClose(indices, [2, 3, 1, 2]);
    expect([indices.dtype, indices.shape]).toEqual(['int32', [2, 2]]);
  });
  it('takes the first of equal values', () => {
    expectClose(topK(tf.tensor1d([1, 5, 5, 0, 5]), 2).indices, [1, 2]);
  });
  it('sorts a whole row', () => {
    const x = uniformTensor<tf.Rank.R1>([50], 1);
    expectClose(
      topK(x, 50).values,
      [...x.dataSync()].toSorted((a, b) => b - a),
    );
  });
  it('sends the gradient back to where each value came from, and adds up where a row is used twice', () => {
    const x = tf.tensor2d([
      [3, -1, 7, 5],
      [0, 2, 1, -4],
    ]);
    const grad = tf.grad((at) => {
      const { values } = topK(at, 2);
      return values.mul(tf.tensor1d([10, 1])).add(topK(at, 1).values);
    })(x);
    // The second term is broadcast over both places.
    expectClose(grad, [
      [0, 0, 12, 1],
      [0, 12, 1, 0],
    ]);
  });
  it('gives nothing for k = 0', () => {
    expect(topK(tf.ones([2, 3]), 0).values.shape).toEqual([2, 0]);
  });
  it.each([4, -1, 1.5])('refuses k = %d of 3', (k) => {
    expect(() => topK(tf.ones([2, 3]), k)).toThrow(`topK: expected a whole k from 0 to 3, got ${k}`);
  });
  it('leaves no tensor behind, forward and backward', () => {
    const x = uniformTensor([3, 5], 1);
    expectNoLeak(() => tf.tidy(() => tf.grad((at) => topK(at, 2).values)(x)));
    // also where the caller frees the forward pass before the gradient is taken
    expectNoLeak(() => tf.tidy(() => tf.grad((at) => tf.tidy(() => topK(at, 2).values))(x)));
  });
});
