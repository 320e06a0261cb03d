import { describe, it } from 'vitest';
import { groupNorm } from '../../src/ops/group-norm.ts';
import { relu } from '../../src/ops/relu.ts';
import { roiAlign } from '../../src/ops/roi-align.ts';
import { sigmoidCrossEntropy } from '../../src/ops/sigmoid-cross-entropy.ts';
import { stopGradient } from '../../src/ops/stop-gradient.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, expectGradient, uniformTensor } from '../support/tensors.ts';

describe('gradients against central differences', () => {
  it('relu', () => {
    // no value within the step of the kink at 0
    expectGradient(relu, tf.tensor1d([-2, -0.5, 0.3, 1, 40]));
  });
  it('sigmoidCrossEntropy', () => {
    const targets = tf.tensor1d([0, 1, 0.3, 1, 0]);
    expectGradient((x) => sigmoidCrossEntropy(x, targets), tf.tensor1d([-3, -1, 0.4, 2, 5]));
  });

  const x = uniformTensor<tf.Rank.R4>([2, 3, 2, 4], 1);
  const scale = uniformTensor<tf.Rank.R1>([4], 2, 0.5, 1.5);
  const shift = uniformTensor<tf.Rank.R1>([4], 3);
  it('groupNorm, to the input', () => {
    expectGradient((at) => groupNorm(at as tf.Tensor4D, scale, shift, 2), x, {
      absolute: 1e-2,
      relative: 3e-2,
    });
  });
  it('groupNorm, to scale and shift', () => {
    expectGradient((at) => groupNorm(x, at as tf.Tensor1D, shift, 2), scale);
    expectGradient((at) => groupNorm(x, scale, at as tf.Tensor1D, 2), shift);
  });

  const maps = [uniformTensor<tf.Rank.R4>([2, 8, 8, 2], 4), uniformTensor<tf.Rank.R4>([2, 4, 4, 2], 5)];
  const regions = {
    boxes: tf.tensor2d(
      [
        [1, 2, 12, 14],
        [0, 0, 31, 30],
        [8, 16, 32, 32],
        [20, 20, 21, 21],
      ],
      [4, 4],
    ),
    imageIndices: tf.tensor1d([0, 1, 0, 1], 'int32'),
  };
  it.each([0, 1])('roiAlign, to level %i', (level) => {
    // canonical size 48: boxes of at least 24 px are cut from P3
    const cut = (at: tf.Tensor) => {
      const levels = maps.map((map, i) => (i === level ? (at as tf.Tensor4D) : map));
      return roiAlign(levels, regions, 2, 48);
    };
    expectGradient(cut, maps[level]!);
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
