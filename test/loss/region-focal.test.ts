import { describe, expect, it } from 'vitest';
import { focalLoss } from '../../src/loss/focal.ts';
import { focalObjectness } from '../../src/loss/focal-objectness.ts';
import { softmaxFocalLoss } from '../../src/loss/softmax-focal.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectGolden, golden } from '../support/golden-torch.ts';
import { expectClose, expectGradient, expectNoLeak, uniformTensor } from '../support/tensors.ts';

const oneHot = (classes: number[]) => tf.oneHot(tf.tensor1d(classes, 'int32'), 2) as tf.Tensor2D;

describe('softmaxFocalLoss', () => {
  it('is worked by hand', () => {
    // p = [0.25, 0.75], once for a building and once for background
    const logits = tf.tensor2d([
      [0, Math.log(3)],
      [0, Math.log(3)],
    ]);
    const loss = softmaxFocalLoss(logits, oneHot([1, 0]), { gamma: 2, alpha: 0.1 });
    expectClose(loss, [-0.1 * 0.25 ** 2 * Math.log(0.75), -0.9 * 0.75 ** 2 * Math.log(0.25)]);
  });
  it.each([
    ['softmaxFocal', 2, 0.25],
    ['softmaxFocalUneven', 0.5, 0.75],
    ['softmaxFocalPlain', 0, 0.5],
  ] as const)('has values and gradients by PyTorch: %s', (name, gamma, alpha) => {
    expectGolden(golden[name]!, ({ x, labels }) =>
      softmaxFocalLoss(x as tf.Tensor2D, labels as tf.Tensor2D, { gamma, alpha }),
    );
  });
  it('is the sigmoid form of the difference of the logits', () => {
    const logits = uniformTensor<tf.Rank.R2>([8, 2], 1, -4, 4);
    const classes = [0, 1, 1, 0, 1, 0, 0, 1];
    const [background, building] = tf.unstack(logits, 1) as [tf.Tensor, tf.Tensor];
    const options = { gamma: 2, alpha: 0.25 };
    const sigmoidForm = focalLoss(building.sub(background), tf.tensor1d(classes), options);
    expectClose(softmaxFocalLoss(logits, oneHot(classes), options), sigmoidForm.dataSync());
  });
  it.each([0, 0.5, 1, 2, 3])('has the gradient of its differences, gamma %d', (gamma) => {
    const labels = oneHot([1, 0, 1, 0]);
    expectGradient(
      (x) => softmaxFocalLoss(x as tf.Tensor2D, labels, { gamma, alpha: 0.3 }),
      uniformTensor([4, 2], 2, -2, 2),
    );
  });
  it.each([0, 0.5, 2])('is finite for sure logits, and so is its gradient: gamma %d', (gamma) => {
    const logits = tf.tensor2d([
      [-100, 100],
      [-100, 100],
    ]);
    const loss = (x: tf.Tensor) => softmaxFocalLoss(x as tf.Tensor2D, oneHot([1, 0]), { gamma, alpha: 0.5 });
    const { value, grad } = tf.valueAndGrad(loss)(logits);
    expectClose(value, [0, 100]);
    expectClose(grad, [0, 0, -0.5, 0.5]);
  });
  it('leaves no tensor behind', () => {
    const [logits, labels] = [uniformTensor<tf.Rank.R2>([3, 2], 1), oneHot([0, 1, 1])];
    expectNoLeak(() => tf.tidy(() => softmaxFocalLoss(logits, labels, { gamma: 2, alpha: 0.25 })));
  });
});

describe('focalObjectness', () => {
  const options = { gamma: 2, alpha: 0.1 };

  it('is worked by hand: for each image the sum over its anchors but the ignored, per building anchor', () => {
    const labels = tf.tensor2d(
      [
        [1, 0, 0, -1],
        [1, 1, 0, 0],
        [0, 0, 0, -1],
      ],
      [3, 4],
      'int32',
    );
    const [building, background] = [0.1, 0.9].map((alpha) => alpha * 0.5 ** 2 * Math.LN2) as [number, number];
    const images = [building + 2 * background, (2 * building + 2 * background) / 2, 3 * background];
    const mean = images.reduce((sum, loss) => sum + loss) / 3;
    expectClose(focalObjectness(tf.zeros([3, 4]), labels, options), mean);
  });
  it('is 0, with gradient 0, where all anchors are ignored', () => {
    const labels = tf.fill<tf.Rank.R2>([1, 3], -1, 'int32');
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      focalObjectness(x as tf.Tensor2D, labels, options),
    )(tf.tensor2d([[5, -5, 0]]));
    expectClose(value, 0);
    expectClose(grad, [0, 0, 0]);
  });
  it('has value and gradient of torchvision’s RetinaNet', () => {
    expectGolden(golden.focalObjectness!, ({ x, labels }) =>
      focalObjectness(x as tf.Tensor2D, labels!.cast('int32'), { gamma: 2, alpha: 0.25 }).reshape([1]),
    );
  });
});

describe('focalLoss', () => {
  it.each([
    ['visionFocal', 2, 0.25],
    ['visionFocalUneven', 1.5, 0.6],
  ] as const)('is torchvision’s sigmoid_focal_loss: %s', (name, gamma, alpha) => {
    expectGolden(golden[name]!, ({ x, target }) => focalLoss(x!, target!, { gamma, alpha }));
    expect(golden[name]!.output.values.length).toBe(15);
  });
});
