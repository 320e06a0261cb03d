import { describe, expect, it } from 'vitest';
import { type BoxWeights, encodeBoxes } from '../../src/ops/box-coder.ts';
import { type ProposalOptions, selectProposals } from '../../src/ops/proposals.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose } from '../support/tensors.ts';

/** Three anchors on the fine level, two on the coarse one. */
const ANCHORS = [
  [0, 0, 8, 8],
  [0, 8, 8, 16],
  [40, 40, 48, 48],
  [0, 0, 16, 16],
  [30, 30, 62, 62],
];
const anchors = { boxes: tf.tensor2d(ANCHORS), perLevel: [3, 2] };
const weights: BoxWeights = [1, 1, 1, 1];
const options: ProposalOptions = {
  preNmsTopK: 3,
  postNmsTopK: 4,
  scoreThreshold: 0,
  minSize: 1e-3,
  nmsThreshold: 0.7,
  boxCoding: { weights, scaleClamp: 62.5 },
  clip: [64, 64],
};
const still = tf.zeros<tf.Rank.R3>([1, 5, 4]);
const select = (logits: number[], boxDeltas = still, changes: Partial<ProposalOptions> = {}) =>
  selectProposals({ logits: tf.tensor2d([logits]), boxDeltas }, anchors, { ...options, ...changes });

describe('selectProposals', () => {
  it('lists the anchors of all levels by objectness, and pads', () => {
    const { boxes, valid } = select([3, -1, 2, 1, 4], still, { postNmsTopK: 6 });
    expectClose(valid, [1, 1, 1, 1, 1, 0]);
    expectClose(
      boxes.slice([0, 0, 0], [1, 5, 4]),
      [4, 0, 2, 3, 1].flatMap((a) => ANCHORS[a]!),
    );
  });
  it('keeps the best of each level before suppression', () => {
    const { boxes, valid } = select([3, 9, 2, 1, -4], still, { preNmsTopK: 1 });
    expectClose(valid, [1, 1, 0, 0]);
    expectClose(boxes.slice([0, 0, 0], [1, 2, 4]), [...ANCHORS[1]!, ...ANCHORS[3]!]);
  });
  it('moves anchors by their deltas and clips them to the image', () => {
    const target = tf.tensor2d([[-20, -10, 12, 30]]);
    const move = encodeBoxes(target, tf.tensor2d([ANCHORS[3]!]), weights);
    const boxDeltas = tf.concat([tf.zeros([3, 4]), move, tf.zeros([1, 4])]).expandDims(0) as tf.Tensor3D;
    const { boxes } = select([0, 0, 0, 9, 0], boxDeltas);
    expectClose(boxes.slice([0, 0, 0], [1, 1, 4]), [0, 0, 12, 30], { absolute: 1e-3, relative: 0 });
  });
  it('drops what overlaps a better one of its own level, but not of another', () => {
    // The second anchor moves onto the first, and so does the coarse one.
    const onto = (from: number) =>
      encodeBoxes(tf.tensor2d([ANCHORS[0]!]), tf.tensor2d([ANCHORS[from]!]), weights);
    const rows = [tf.zeros([1, 4]), onto(1), tf.zeros([1, 4]), onto(3), tf.zeros([1, 4])];
    const { boxes, valid } = select([5, 4, 3, 2, 1], tf.concat(rows).expandDims(0) as tf.Tensor3D);
    expectClose(valid, [1, 1, 1, 1]);
    expectClose(
      boxes,
      [0, 2, 0, 4].flatMap((a) => ANCHORS[a]!),
      { absolute: 1e-3, relative: 0 },
    );
  });
  it('drops boxes that lie outside of the image', () => {
    const away = encodeBoxes(tf.tensor2d([[-40, 0, -10, 10]]), tf.tensor2d([ANCHORS[0]!]), weights);
    const boxDeltas = tf.concat([away, tf.zeros([4, 4])]).expandDims(0) as tf.Tensor3D;
    const { boxes } = select([9, 1, 2, 3, 4], boxDeltas);
    expect(boxes.arraySync()[0]!.every(([y1, , y2]) => y2! - y1! > 1)).toBe(true);
    expectClose(boxes.slice([0, 0, 0], [1, 1, 4]), ANCHORS[4]!);
  });
  it('drops what is less probable than the threshold', () => {
    // σ(1) = 0.731, σ(0) = 0.5
    const kept = (scoreThreshold: number) => select([3, -1, 2, 1, 0], still, { scoreThreshold }).valid;
    expectClose(kept(0), [1, 1, 1, 1]);
    expectClose(kept(0.73), [1, 1, 1, 0]);
    expectClose(kept(0.74), [1, 1, 0, 0]);
  });
  it('drops what is lower or narrower than the limit', () => {
    const kept = (minSize: number) => select([3, -1, 2, 1, 0], still, { minSize, postNmsTopK: 5 }).valid;
    expectClose(kept(0), [1, 1, 1, 1, 1]);
    expectClose(kept(8), [1, 1, 1, 1, 1]);
    expectClose(kept(8.5), [1, 1, 0, 0, 0]);
    expectClose(kept(33), [0, 0, 0, 0, 0]);
  });
  it('clips to an image of any shape', () => {
    const { boxes } = select([-1, -2, -3, -4, 9], still, { clip: [40, 50] });
    expectClose(boxes.slice([0, 0, 0], [1, 1, 4]), [30, 30, 40, 50]);
  });
  it('reads the deltas by the weights, and clamps their growth', () => {
    const boxDeltas = tf
      .tensor2d([...new Array(12).fill(0), 0, 0, 10, 10 * Math.log(2), 0, 0, 0, 0], [5, 4])
      .expandDims(0) as tf.Tensor3D;
    const { boxes } = select([0, 0, 0, 9, 0], boxDeltas, {
      boxCoding: { weights: [1, 1, 1, 10], scaleClamp: 1.5 },
    });
    // Anchor 0–16: the height grows by e¹⁰, clamped to 1.5, the width by 2, clamped to 1.5.
    expectClose(boxes.slice([0, 0, 0], [1, 1, 4]), [0, 0, 20, 20], { absolute: 1e-3, relative: 0 });
  });
});
