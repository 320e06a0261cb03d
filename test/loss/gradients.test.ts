import { describe, expect, it } from 'vitest';
import { cellMean } from '../../src/loss/cell-mean.ts';
import { diceLoss } from '../../src/loss/dice.ts';
import { focalLoss } from '../../src/loss/focal.ts';
import { smoothL1 } from '../../src/loss/smooth-l1.ts';
import { weightedMean } from '../../src/loss/weighted-mean.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, expectGradient, uniformTensor } from '../support/tensors.ts';

const logits = uniformTensor<tf.Rank.R3>([2, 3, 3], 1, -3, 3);
const targets = tf.cast(uniformTensor<tf.Rank.R3>([2, 3, 3], 2).greater(0), 'float32') as tf.Tensor3D;

describe('gradients against central differences', () => {
  it.each([
    { gamma: 0, alpha: 0.5 },
    { gamma: 1, alpha: 0.25 },
    { gamma: 1.5, alpha: 0.75 },
    { gamma: 2, alpha: 0.5 },
    { gamma: 3, alpha: 1 },
  ])('focalLoss, gamma $gamma, alpha $alpha', (options) => {
    expectGradient((x) => focalLoss(x, targets, options), logits);
  });
  it('diceLoss, also of an empty mask', () => {
    expectGradient((x) => diceLoss(x, targets, { smooth: 1 }), logits);
    expectGradient((x) => diceLoss(x, tf.zerosLike(targets), { smooth: 1 }), logits);
  });
  it('diceLoss and cellMean, with weights', () => {
    const weights = uniformTensor<tf.Rank.R3>([2, 3, 3], 4, 1, 6);
    expectGradient((x) => diceLoss(x, targets, { smooth: 0.5, weights }), logits);
    expectGradient((x) => cellMean(x.square(), weights), logits);
  });
  it('smoothL1, on both sides of where its two parts meet', () => {
    // no distance within the step of 0 or of 1/9
    const x = tf.tensor1d([-2, -0.5, -0.13, -0.08, 0.02, 0.07, 0.14, 0.9]);
    expectGradient((at) => smoothL1(at, tf.zerosLike(x), 1 / 9), x, undefined, 5e-3);
  });
  it('weightedMean', () => {
    const weights = tf.tensor1d([0, 1, 0.5, 2]);
    expectGradient((x) => weightedMean(x, weights), uniformTensor([4], 3));
  });
});

describe('sure logits', () => {
  const sure = tf.tensor1d([-100, -100, 100, 100]);
  const truth = tf.tensor1d([0, 1, 0, 1]);

  it.each([0, 0.5, 1, 2, 2.5])('focalLoss is finite with gamma %d, and so is its gradient', (gamma) => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => focalLoss(x, truth, { gamma, alpha: 0.5 }))(
      sure,
    );
    expectClose(value, [0, 50, 50, 0], { absolute: 1e-3, relative: 1e-5 });
    expectClose(grad, [0, -0.5, 0.5, 0], { absolute: 1e-3, relative: 1e-5 });
  });
  it('diceLoss is finite, and its gradient 0', () => {
    const [x, g] = [sure, truth].map((t) => t.reshape([1, 2, 2])) as [tf.Tensor3D, tf.Tensor3D];
    const { value, grad } = tf.valueAndGrad((at: tf.Tensor) => diceLoss(at, g, { smooth: 1 }))(x);
    expectClose(value, [1 - 3 / 5]);
    expectClose(grad, [0, 0, 0, 0]);
  });
});

describe('weightedMean', () => {
  it('has gradient 0 without weights, not NaN', () => {
    const grad = tf.grad((x) => weightedMean(x, tf.zeros([2])))(tf.tensor1d([5, 7]));
    expect([...grad.dataSync()]).toEqual([0, 0]);
  });
});
