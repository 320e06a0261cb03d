import { describe, it } from 'vitest';
import { maskTargets } from '../../src/ops/instance-masks.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose } from '../support/tensors.ts';

/** Left half of the box is building. */
const leftHalf = tf.tensor3d([Array.from({ length: 8 }, () => [1, 1, 1, 1, 0, 0, 0, 0])]);
const gtBox = tf.tensor2d([[10, 20, 26, 36]]);
const cut = (box: number[], size = 4) =>
  maskTargets(leftHalf, { boxes: tf.tensor2d([box]), gtBoxes: gtBox, rows: tf.tensor1d([0], 'int32') }, size);

describe('maskTargets', () => {
  it('is the mask itself for the building’s own box', () => {
    expectClose(
      cut([10, 20, 26, 36]),
      Array.from({ length: 4 }, () => [1, 1, 0, 0]),
    );
  });
  it('is cut and enlarged for a part of the box', () => {
    expectClose(
      cut([10, 20, 18, 28]),
      Array.from({ length: 4 }, () => [1, 1, 1, 1]),
    );
    expectClose(
      cut([10, 24, 26, 32]),
      Array.from({ length: 4 }, () => [1, 1, 0, 0]),
    );
  });
  it('is 0 beyond the building’s box', () => {
    // 8 pixels to the left of the box, 16 high: left half outside, right half inside the building
    expectClose(
      cut([10, 12, 26, 28]),
      Array.from({ length: 4 }, () => [0, 0, 1, 1]),
    );
    // above the box
    expectClose(cut([2, 20, 18, 36]), [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [1, 1, 0, 0],
      [1, 1, 0, 0],
    ]);
  });
  it('picks the mask by its row', () => {
    const masks = tf.concat([tf.zeros<tf.Rank.R3>([1, 8, 8]), leftHalf]);
    const boxes = tf.tensor2d([[10, 20, 26, 36]]).tile([2, 1]) as tf.Tensor2D;
    const targets = maskTargets(masks, { boxes, gtBoxes: boxes, rows: tf.tensor1d([1, 0], 'int32') }, 2);
    expectClose(targets, [1, 0, 1, 0, 0, 0, 0, 0]);
  });
  it('is all 0 for padding', () => {
    const zero = tf.zeros<tf.Rank.R2>([1, 4]);
    expectClose(
      maskTargets(leftHalf, { boxes: zero, gtBoxes: zero, rows: tf.tensor1d([0], 'int32') }, 2),
      [0, 0, 0, 0],
    );
  });
});
