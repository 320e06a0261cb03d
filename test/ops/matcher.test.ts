import { describe, it } from 'vitest';
import { matchBoxes } from '../../src/ops/matcher.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose } from '../support/tensors.ts';

/** Rows: ground truth; columns: boxes. */
const IOU = [
  [0.8, 0.4, 0.2, 0.0, 0.35],
  [0.1, 0.6, 0.2, 0.0, 0.4],
  [0.9, 0.9, 0.9, 0.9, 0.9],
];
const thresholds = { positive: 0.7, negative: 0.3 };
const match = (valid: number[], lowQuality: boolean, iou = IOU) =>
  matchBoxes(tf.tensor3d([iou]), tf.tensor2d([valid]), thresholds, lowQuality);

describe('matchBoxes', () => {
  it('labels by the best IoU: positive, background, ignored between', () => {
    const { labels, gtIndices } = match([1, 1, 0], false);
    expectClose(labels, [1, -1, 0, 0, -1]);
    expectClose(gtIndices, [0, 1, 0, 0, 1]);
  });
  it('never matches padding', () => {
    expectClose(match([0, 0, 0], true).labels, [0, 0, 0, 0, 0]);
  });
  it('gives every building its best box when low quality is allowed', () => {
    expectClose(match([1, 1, 0], true).labels, [1, 1, 0, 0, -1]);
  });
  it('takes all boxes that tie for the best, but none that do not overlap at all', () => {
    expectClose(
      match([1, 1], true, [
        [0.5, 0.5, 0, 0],
        [0, 0, 0, 0],
      ]).labels,
      [1, 1, 0, 0],
    );
  });
});
