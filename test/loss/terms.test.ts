import { describe, it } from 'vitest';
import { diceLoss } from '../../src/loss/dice.ts';
import { focalLoss } from '../../src/loss/focal.ts';
import { smoothL1 } from '../../src/loss/smooth-l1.ts';
import { weightedMean } from '../../src/loss/weighted-mean.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectGolden, golden } from '../support/golden-torch.ts';
import { expectClose } from '../support/tensors.ts';

describe('values and gradients by PyTorch', () => {
  it('smoothL1', () => {
    expectGolden(golden.smoothL1!, ({ x, target }) => smoothL1(x!, target!));
  });
  it('focalLoss, gamma 2, alpha 0.5', () => {
    expectGolden(golden.focal!, ({ x, target }) => focalLoss(x!, target!, { gamma: 2, alpha: 0.5 }));
  });
  it('focalLoss, gamma 1, alpha 0.25', () => {
    expectGolden(golden.focalUneven!, ({ x, target }) => focalLoss(x!, target!, { gamma: 1, alpha: 0.25 }));
  });
  it('diceLoss, one of the masks empty', () => {
    expectGolden(golden.dice!, ({ x, target }) => diceLoss(x!, target!));
  });
});

describe('focalLoss', () => {
  it('turns a well-classified pixel down by (1 - p)^gamma', () => {
    const p = 1 / (1 + Math.exp(-2));
    const loss = focalLoss(tf.tensor1d([2]), tf.tensor1d([1]), { gamma: 2, alpha: 1 });
    expectClose(loss, [(1 - p) ** 2 * -Math.log(p)]);
  });
  it('is half the cross-entropy for gamma 0 and alpha 0.5', () => {
    expectClose(focalLoss(tf.tensor1d([0]), tf.tensor1d([0]), { gamma: 0, alpha: 0.5 }), [Math.LN2 / 2]);
  });
});

describe('diceLoss', () => {
  it('is near 0 for the right mask and near 1 for the opposite', () => {
    const target = tf.tensor3d([
      [
        [1, 1],
        [0, 0],
      ],
      [
        [1, 1],
        [0, 0],
      ],
    ]);
    const logits = tf.tensor3d([
      [
        [50, 50],
        [-50, -50],
      ],
      [
        [-50, -50],
        [50, 50],
      ],
    ]);
    expectClose(diceLoss(logits, target), [0, 1 - 1 / 5]);
  });
});

describe('weightedMean', () => {
  it('is 0 without weights, not NaN', () => {
    expectClose(weightedMean(tf.tensor1d([5, 7]), tf.tensor1d([0, 0])), 0);
  });
  it('divides by the weights, or by what is given', () => {
    expectClose(weightedMean(tf.tensor1d([5, 7]), tf.tensor1d([1, 3])), 26 / 4);
    expectClose(weightedMean(tf.tensor1d([5, 7]), tf.tensor1d([1, 1]), tf.scalar(6)), 2);
  });
});
