import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/data/batch.ts';
import { assignAnchors, sampleRegions } from '../../src/loss/targets.ts';
import { type BoxCoding, decodeBoxes } from '../../src/ops/box-coder.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, uniformTensor } from '../support/tensors.ts';

const rpnCoding: BoxCoding = { weights: [1, 1, 1, 1], scaleClamp: 62.5 };
const roiCoding: BoxCoding = { weights: [10, 10, 5, 5], scaleClamp: 62.5 };

/** Two images, two slots each; the second image has one building. */
const batch: Batch = {
  images: tf.zeros([2, 64, 64, 3]),
  boxes: tf.tensor3d([
    [
      [0, 0, 16, 16],
      [32, 32, 60, 60],
    ],
    [
      [10, 10, 30, 30],
      [0, 0, 0, 0],
    ],
  ]),
  masks: tf.zeros([2, 2, 14, 14]),
  valid: tf.tensor2d([
    [1, 1],
    [1, 0],
  ]),
  touching: tf.zeros([2, 1, 1]),
};

describe('assignAnchors', () => {
  const anchors = tf.tensor2d([
    [0, 0, 16, 15],
    [33, 33, 61, 61],
    [11, 11, 31, 31],
    [50, 0, 60, 10],
  ]);
  const options = {
    ...{ positiveIou: 0.7, negativeIou: 0.3, samples: 4, positiveFraction: 0.5 },
    ...{ lowQualityMatches: true, boxWeights: rpnCoding.weights },
  };

  it('gives each building its anchors and the way from them to it', () => {
    const targets = assignAnchors(anchors, batch, uniformTensor<tf.Rank.R2>([2, 4], 1, 0, 1), options);
    expectClose(targets.positives, [1, 1, 0, 0, 0, 0, 1, 0]);
    expectClose(targets.negatives, [0, 0, 1, 1, 1, 1, 0, 1]);
    const reached = decodeBoxes(targets.boxDeltas, anchors, rpnCoding);
    expectClose(reached.slice([0, 0, 0], [1, 2, 4]), [0, 0, 16, 16, 32, 32, 60, 60], {
      absolute: 1e-3,
      relative: 0,
    });
    expectClose(reached.slice([1, 2, 0], [1, 1, 4]), [10, 10, 30, 30], { absolute: 1e-3, relative: 0 });
  });
  it('labels all anchors, the sampled and the others', () => {
    const few = { ...options, samples: 2 };
    const targets = assignAnchors(anchors, batch, uniformTensor<tf.Rank.R2>([2, 4], 1, 0, 1), few);
    expectClose(targets.labels, [1, 1, 0, 0, 0, 0, 1, 0]);
    expectClose(targets.positives.add(targets.negatives).sum(1), [2, 2]);
  });
  it('gives a building its best anchor below the threshold, unless that is turned off', () => {
    const labels = (lowQualityMatches: boolean) => {
      const strict = { ...options, positiveIou: 0.95, lowQualityMatches };
      return assignAnchors(anchors, batch, uniformTensor<tf.Rank.R2>([2, 4], 1, 0, 1), strict).labels;
    };
    expectClose(labels(true), [1, 1, 0, 0, 0, 0, 1, 0]);
    expectClose(labels(false), [-1, -1, 0, 0, 0, 0, -1, 0]);
  });
});

describe('sampleRegions', () => {
  const proposals = {
    boxes: tf.tensor3d([
      [
        [1, 1, 17, 17],
        [20, 0, 30, 10],
        [33, 33, 60, 60],
      ],
      [
        [12, 10, 30, 28],
        [50, 50, 60, 60],
        [10, 10, 30, 30],
      ],
    ]),
    // The last proposal of the second image is padding, although it lies on a building.
    valid: tf.tensor2d([
      [1, 1, 1],
      [1, 1, 0],
    ]),
  };
  const options = {
    ...{ positiveIou: 0.5, negativeIou: 0.5, samples: 6, positiveFraction: 0.5 },
    ...{ maskSlots: 3, boxWeights: roiCoding.weights },
  };
  const keys = tf.tensor2d([
    [0.9, 0.5, 0.8, 0.1, 0.2],
    [0.3, 0.5, 0.99, 0.6, 0.98],
  ]);
  const targets = sampleRegions(proposals, batch, keys, options);

  it('samples proposals and the ground truth itself, positives first, no padding', () => {
    // Image 1: its four positives would be 0, 2, 3, 4; three have a slot, by their keys 0, 2, 4; then the negative 1.
    // Image 2: positives 3 and 0, negative 1; the padded proposal and the padded building are never taken.
    expectClose(targets.sampled, [1, 1, 1, 1, 0, 1, 1, 1, 0, 0]);
    expectClose(targets.positives, [1, 1, 1, 0, 0, 1, 1, 0, 0, 0]);
    expectClose(targets.regions.imageIndices, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expectClose(
      targets.regions.boxes.slice([0, 0], [4, 4]),
      [1, 1, 17, 17, 33, 33, 60, 60, 32, 32, 60, 60, 20, 0, 30, 10],
    );
    expectClose(targets.regions.boxes.slice([5, 0], [2, 4]), [10, 10, 30, 30, 12, 10, 30, 28]);
  });
  it('sends positives to their building', () => {
    const reached = decodeBoxes(targets.boxDeltas, targets.regions.boxes, roiCoding);
    expectClose(reached.slice([0, 0], [2, 4]), [0, 0, 16, 16, 32, 32, 60, 60], {
      absolute: 1e-3,
      relative: 0,
    });
    expectClose(reached.slice([6, 0], [1, 4]), [10, 10, 30, 30], { absolute: 1e-3, relative: 0 });
  });
  it('gives the mask head the slots of positives, with the rows of their masks among all images', () => {
    expect(targets.maskRegions.boxes.shape).toEqual([6, 4]);
    expectClose(targets.maskRegions.imageIndices, [0, 0, 0, 1, 1, 1]);
    expectClose(targets.maskPositives, [1, 1, 1, 1, 1, 0]);
    expectClose(targets.maskRows.slice([0], [5]), [0, 1, 1, 2, 2]);
    expectClose(targets.maskGtBoxes.slice([3, 0], [2, 4]), [10, 10, 30, 30, 10, 10, 30, 30]);
  });
  it('gives the mask head fewer slots where that is wanted: the first, which the keys chose', () => {
    const fewer = sampleRegions(proposals, batch, keys, { ...options, maskSlots: 2 });
    expectClose(fewer.positives, targets.positives.dataSync());
    expectClose(fewer.maskRegions.imageIndices, [0, 0, 1, 1]);
    expectClose(fewer.maskPositives, [1, 1, 1, 1]);
    expectClose(fewer.maskRows, [0, 1, 2, 2]);
    expectClose(fewer.maskRegions.boxes, [1, 1, 17, 17, 33, 33, 60, 60, 10, 10, 30, 30, 12, 10, 30, 28]);
  });
  it('ignores what lies between the thresholds', () => {
    // The proposal [1, 1, 17, 17] has IoU 0.78 with its building, [12, 10, 30, 28] 0.81, the others 0, 0.96 or 1.
    const strict = { ...options, positiveIou: 0.9, negativeIou: 0.3 };
    const { sampled, positives } = sampleRegions(proposals, batch, keys, strict);
    expectClose(positives, [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]);
    expectClose(sampled, [1, 1, 1, 1, 0, 1, 1, 0, 0, 0]);
  });
});
