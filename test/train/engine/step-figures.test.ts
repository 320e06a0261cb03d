import { describe, expect, it } from 'vitest';
import { tf } from '../../../src/system/tensorflow.ts';
import {
  meanStepFigures,
  packStepFigures,
  readStepFigures,
  type StepFigures,
  totalLoss,
} from '../../../src/train/engine/step-figures.ts';

/** Outputs of a step in which every number is another. */
function outputs(applied = 1) {
  return tf.tidy(() => {
    const [objectness, rpnBox, classLoss, box, focal, dice, total] = [1, 2, 3, 4, 5, 6, 7].map((value) =>
      tf.scalar(value),
    ) as [tf.Scalar, tf.Scalar, tf.Scalar, tf.Scalar, tf.Scalar, tf.Scalar, tf.Scalar];
    const scalars = (values: Record<string, number>) =>
      new Map(Object.entries(values).map(([part, value]) => [part, tf.scalar(value)]));
    return packStepFigures(
      { objectness, rpnBox, class: classLoss, box, focal, dice, total },
      {
        gradients: { all: tf.scalar(8), byGroup: scalars({ backbone: 9, rpn: 10 }) },
        // In another order.
        ratios: scalars({ rpn: 0.5, backbone: 0.25 }),
        applied: tf.scalar(applied),
      },
    );
  });
}

const read: StepFigures = {
  losses: { objectness: 1, rpnBox: 2, class: 3, box: 4, focal: 5, dice: 6, total: 7 },
  gradientNorm: 8,
  gradientNorms: { backbone: 9, rpn: 10 },
  updateRatios: { backbone: 0.25, rpn: 0.5 },
  applied: true,
};

describe('readStepFigures', () => {
  it('gives every number its name, and frees the tensors', async () => {
    const before = tf.memory().numTensors;
    expect(await readStepFigures(outputs())).toEqual(read);
    expect(await readStepFigures(outputs(0))).toEqual({ ...read, applied: false });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('totalLoss', () => {
  it('is the sum among the figures', () => {
    expect([...totalLoss(outputs()).dataSync()]).toEqual([7]);
  });
});

describe('meanStepFigures', () => {
  const other: StepFigures = {
    losses: { objectness: 3, rpnBox: 2, class: 5, box: 8, focal: 5, dice: 0, total: 9 },
    gradientNorm: 4,
    gradientNorms: { backbone: 1, rpn: 0 },
    updateRatios: { backbone: 0, rpn: 0 },
    applied: false,
  };
  it('means losses and norms, and takes what the last batch says of the update', () => {
    expect(meanStepFigures([other, read])).toEqual({
      losses: { objectness: 2, rpnBox: 2, class: 4, box: 6, focal: 5, dice: 3, total: 8 },
      gradientNorm: 6,
      gradientNorms: { backbone: 5, rpn: 5 },
      updateRatios: { backbone: 0.25, rpn: 0.5 },
      applied: true,
    });
  });
  it('is one batch’s figures where there is one', () => {
    expect(meanStepFigures([read])).toEqual(read);
  });
  it('leaves out norms that have overflowed, as they do in float16; NaN where all have', () => {
    const overflowed = {
      ...other,
      gradientNorm: Number.POSITIVE_INFINITY,
      gradientNorms: { backbone: Number.NaN, rpn: 2 },
    };
    expect(meanStepFigures([overflowed, read])).toMatchObject({
      gradientNorm: 8,
      gradientNorms: { backbone: 9, rpn: 6 },
    });
    expect(meanStepFigures([overflowed])).toMatchObject({
      gradientNorm: Number.NaN,
      gradientNorms: { backbone: Number.NaN, rpn: 2 },
    });
  });
});
