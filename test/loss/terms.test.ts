import { describe, it } from 'vitest';
import { cellMean } from '../../src/loss/cell-mean.ts';
import { diceLoss } from '../../src/loss/dice.ts';
import { focalLoss } from '../../src/loss/focal.ts';
import { smoothL1 } from '../../src/loss/smooth-l1.ts';
import { weightedMean } from '../../src/loss/weighted-mean.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectGolden, golden } from '../support/golden-torch.ts';
import { expectClose } from '../support/tensors.ts';

describe('values and gradients by PyTorch', () => {
  it('smoothL1', () => {
    expectGolden(golden.smoothL1!, ({ x, target }) => smoothL1(x!, target!, 1 / 9));
  });
  it('smoothL1, beta 1', () => {
    expectGolden(golden.smoothL1Wide!, ({ x, target }) => smoothL1(x!, target!, 1));
  });
  it('focalLoss, gamma 2, alpha 0.5', () => {
    expectGolden(golden.focal!, ({ x, target }) => focalLoss(x!, target!, { gamma: 2, alpha: 0.5 }));
  });
  it('focalLoss, gamma 1, alpha 0.25', () => {
    expectGolden(golden.focalUneven!, ({ x, target }) => focalLoss(x!, target!, { gamma: 1, alpha: 0.25 }));
  });
  it('diceLoss, one of the masks empty', () => {
    expectGolden(golden.dice!, ({ x, target }) => diceLoss(x!, target!, { smooth: 1 }));
  });
  it('diceLoss and the mean of focalLoss with weights of cells', () => {
    expectGolden(golden.weightedMaskTerms!, ({ x, target, weights }) => {
      const focal = focalLoss(x!, target!, { gamma: 2, alpha: 0.25 });
      return tf.stack([diceLoss(x!, target!, { smooth: 0.5, weights: weights! }), cellMean(focal, weights!)]);
    });
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
    expectClose(diceLoss(logits, target, { smooth: 1 }), [0, 1 - 1 / 5]);
    expectClose(diceLoss(logits, target, { smooth: 0.25 }), [0, 1 - 0.25 / 4.25]);
  });
  it('counts cells as often as their weights say', () => {
    // p = 1/2 everywhere: 2 Σwpg = 3 + 1, Σwp² = 8 / 4, Σwg² = 4
    const weights = tf.tensor3d([3, 1, 2, 2], [1, 2, 2]);
    const target = tf.tensor3d([1, 1, 0, 0], [1, 2, 2]);
    expectClose(diceLoss(tf.zeros([1, 2, 2]), target, { smooth: 1, weights }), [1 - 5 / 7]);
  });
});

describe('cellMean', () => {
  const values = tf.tensor3d([1, 2, 3, 6, 5, 5, 5, 5], [2, 2, 2]);

  it('is the mean of each region', () => {
    expectClose(cellMean(values, null), [3, 5]);
    expectClose(cellMean(values, tf.fill([2, 2, 2], 7)), [3, 5]);
  });
  it('weighs the cells of a region against each other', () => {
    expectClose(cellMean(values, tf.tensor3d([1, 1, 1, 5, 9, 1, 1, 1], [2, 2, 2])), [36 / 8, 5]);
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
