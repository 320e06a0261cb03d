import { describe, expect, it } from 'vitest';
import { EXCLUDED_SCORE, paddedNms } from '../../src/ops/nms.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, expectNoLeak } from '../support/tensors.ts';

const boxes = () =>
  tf.tensor3d([
    [
      [0, 0, 10, 10],
      [0, 1, 10, 11],
      [20, 20, 30, 30],
      [0, 0, 10, 10.5],
    ],
  ]);
const options = { iouThreshold: 0.5, maxResults: 4, extent: 64 };

describe('paddedNms', () => {
  it('keeps the best of overlapping boxes, in the order of their scores, padded', () => {
    const { indices, valid } = paddedNms(boxes(), tf.tensor2d([[0.6, 0.9, 0.7, 0.8]]), null, options);
    expectClose(valid, [1, 1, 0, 0]);
    expectClose(indices.slice([0, 0], [1, 2]), [1, 2]);
  });
  it('keeps groups apart', () => {
    const { valid } = paddedNms(
      boxes(),
      tf.tensor2d([[0.6, 0.9, 0.7, 0.8]]),
      tf.tensor1d([0, 1, 0, 2]),
      options,
    );
    expectClose(valid, [1, 1, 1, 1]);
  });
  it('never keeps an excluded box', () => {
    const scores = tf.tensor2d([[EXCLUDED_SCORE, EXCLUDED_SCORE, 0.1, EXCLUDED_SCORE]]);
    const { indices, valid } = paddedNms(boxes(), scores, null, options);
    expectClose(valid, [1, 0, 0, 0]);
    expectClose(indices.slice([0, 0], [1, 1]), [2]);
  });
  it('keeps nothing where all are excluded', () => {
    const scores = tf.fill<tf.Rank.R2>([1, 4], EXCLUDED_SCORE);
    expectClose(paddedNms(boxes(), scores, null, options).valid, [0, 0, 0, 0]);
  });
  it('takes the first of boxes with the same score', () => {
    const { indices, valid } = paddedNms(boxes(), tf.fill<tf.Rank.R2>([1, 4], 0.5), null, options);
    expectClose(valid, [1, 1, 0, 0]);
    expectClose(indices.slice([0, 0], [1, 2]), [0, 2]);
  });
  it('drops only what overlaps by more than the threshold', () => {
    // IoU of the first two: 90 / 110; a box is not dropped by one that was dropped itself.
    const row = tf.tensor3d([
      [
        [0, 0, 10, 10],
        [0, 1, 10, 11],
        [0, 2, 10, 12],
      ],
    ]);
    const scores = tf.tensor2d([[0.9, 0.8, 0.7]]);
    const kept = (iouThreshold: number) =>
      paddedNms(row, scores, null, { ...options, iouThreshold, maxResults: 3 });
    expectClose(kept(0.82).valid, [1, 1, 1]);
    // 0–10 drops 1–11 (0.818) but not 2–12 (0.667)
    expectClose(kept(0.7).indices.slice([0, 0], [1, 2]), [0, 2]);
    expectClose(kept(0.7).valid, [1, 1, 0]);
    expectClose(kept(0.6).valid, [1, 0, 0]);
  });
  it('stops at the number of results', () => {
    const scores = tf.tensor2d([[0.6, 0.9, 0.7, 0.8]]);
    const { indices, valid } = paddedNms(boxes(), scores, null, { ...options, maxResults: 1 });
    expectClose(valid, [1]);
    expectClose(indices, [1]);
  });
  it('leaves no tensor behind', () => {
    const scores = tf.tensor2d([[0.6, 0.9, 0.7, 0.8]]);
    expectNoLeak(() => tf.tidy(() => ({ ...paddedNms(boxes(), scores, null, options) })));
  });
  it('keeps negative scores, as logits are', () => {
    expectClose(paddedNms(boxes(), tf.tensor2d([[-3, -2, -9, -4]]), null, options).valid, [1, 1, 0, 0]);
  });
  it('pads where there are fewer boxes than results, image by image', () => {
    const two = tf.concat([boxes(), boxes().add(3)]) as tf.Tensor3D;
    const scores = tf.tensor2d([
      [0.6, 0.9, 0.7, 0.8],
      [0.9, 0.1, 0.2, 0.3],
    ]);
    const { indices, valid } = paddedNms(two, scores, null, { ...options, maxResults: 6 });
    expectClose(valid, [1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]);
    expectClose(indices.slice([0, 0], [2, 2]), [1, 2, 0, 2]);
    expect(indices.shape).toEqual([2, 6]);
    expectClose(indices.slice([0, 2], [2, 4]), [0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
