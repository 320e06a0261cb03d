import { describe, expect, it } from 'vitest';
import { dense } from '../../src/ops/dense.ts';
import { groupNorm } from '../../src/ops/group-norm.ts';
import { addRepeated, resizeBilinear, resizeNearest } from '../../src/ops/resize.ts';
import { assignLevels, roiAlign } from '../../src/ops/roi-align.ts';
import { sigmoidCrossEntropy } from '../../src/ops/sigmoid-cross-entropy.ts';
import { topK } from '../../src/ops/top-k.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectGolden, golden } from '../support/golden-torch.ts';
import { expectClose, expectNoLeak, uniformTensor } from '../support/tensors.ts';

describe('values and gradients by PyTorch', () => {
  it('groupNorm', () => {
    expectGolden(golden.groupNorm!, ({ x, scale, shift }) =>
      groupNorm(x as tf.Tensor4D, scale as tf.Tensor1D, shift as tf.Tensor1D, 3),
    );
  });
  it.each([
    ['a group for each channel', 'groupNormPerChannel', 4],
    ['one group', 'groupNormOneGroup', 1],
  ] as const)('groupNorm, %s', (_, name, groups) => {
    expectGolden(golden[name]!, ({ x, scale, shift }) =>
      groupNorm(x as tf.Tensor4D, scale as tf.Tensor1D, shift as tf.Tensor1D, groups),
    );
  });
  it('sigmoidCrossEntropy', () => {
    expectGolden(golden.sigmoidCrossEntropy!, ({ x, target }) => sigmoidCrossEntropy(x!, target!));
  });
  it('sigmoidCrossEntropy of logits up to 100: finite, with a finite gradient', () => {
    expectGolden(golden.sureLogits!, ({ x, target }) => sigmoidCrossEntropy(x!, target!));
  });
  it('dense', () => {
    expectGolden(golden.dense!, ({ x, kernel, bias }) =>
      dense(x as tf.Tensor2D, kernel as tf.Tensor2D, bias as tf.Tensor1D),
    );
  });
  it.each([
    ['nearestTwice', 2],
    ['nearestThrice', 3],
  ] as const)('resizeNearest: %s', (name, factor) => {
    expectGolden(golden[name]!, ({ x }) => resizeNearest(x as tf.Tensor4D, factor));
  });
  it.each(['bilinearUp', 'bilinearDown'])('resizeBilinear: %s', (name) => {
    const { output } = golden[name]!;
    expectGolden(golden[name]!, ({ x }) =>
      resizeBilinear(x as tf.Tensor4D, [output.shape[1]!, output.shape[2]!]),
    );
  });
  it('addRepeated', () => {
    expectGolden(golden.addRepeated!, ({ fine, coarse }) =>
      addRepeated(fine as tf.Tensor4D, coarse as tf.Tensor4D),
    );
  });
  it('topK', () => {
    expectGolden(golden.topK, ({ x }) => topK(x!, 3).values);
    const { x } = golden.topK.inputs;
    expectClose(topK(tf.tensor(x!.values, x!.shape), 3).indices, golden.topK.indices);
  });
  it('roiAlign on one level: inside, at the far edge, smaller than a cell', () => {
    const { images, size } = golden.roiAlign;
    expectGolden(golden.roiAlign, ({ features, boxes }) => {
      const regions = { boxes: boxes as tf.Tensor2D, imageIndices: tf.tensor1d(images, 'int32') };
      return roiAlign([features as tf.Tensor4D], regions, { size, canonicalSize: 224, samplingRatio: 2 });
    });
  });
  it.each(['roiAlignOneSample', 'roiAlignThreeSamples'] as const)('roiAlign: %s', (name) => {
    const { images, size, samplingRatio } = golden[name];
    expectGolden(golden[name], ({ features, boxes }) => {
      const regions = { boxes: boxes as tf.Tensor2D, imageIndices: tf.tensor1d(images, 'int32') };
      return roiAlign([features as tf.Tensor4D], regions, { size, canonicalSize: 224, samplingRatio });
    });
  });
  it('roiAlign on a pyramid, one level without a box, one box empty', () => {
    const { images, size, canonicalSize, levels } = golden.roiAlignPyramid;
    expectGolden(golden.roiAlignPyramid, ({ boxes, ...maps }) => {
      const regions = { boxes: boxes as tf.Tensor2D, imageIndices: tf.tensor1d(images, 'int32') };
      expectClose(assignLevels(regions.boxes, 4, canonicalSize), levels);
      const pyramid = [0, 1, 2, 3].map((i) => maps[`level${i}`] as tf.Tensor4D);
      return roiAlign(pyramid, regions, { size, canonicalSize, samplingRatio: 2 });
    });
  });
});

describe('sigmoidCrossEntropy', () => {
  it('is finite for any logit', () => {
    expectClose(sigmoidCrossEntropy(tf.tensor1d([-200, 200, -200]), tf.tensor1d([1, 0, 0])), [200, 200, 0]);
  });
});

describe('groupNorm', () => {
  it('gives the shifts for a group of equal values, and a finite gradient', () => {
    const x = tf.fill<tf.Rank.R4>([1, 2, 2, 4], 7);
    const shift = tf.tensor1d([1, 2, 3, 4]);
    const { value, grad } = tf.valueAndGrad((at: tf.Tensor) =>
      groupNorm(at as tf.Tensor4D, tf.ones([4]), shift, 2).sum(),
    )(x);
    expectClose(value, 4 * (1 + 2 + 3 + 4));
    expect(grad.isFinite().all().dataSync()[0]).toBe(1);
  });
  it('bears a mean of 30 deviations', () => {
    const x = uniformTensor<tf.Rank.R4>([2, 16, 16, 4], 1, -1.7, 1.7);
    const normed = (at: tf.Tensor4D) => groupNorm(at, tf.ones([4]), tf.zeros([4]), 2);
    // float32: squares of 900 are known to 1e-4, next to a variance of 1
    expectClose(normed(x.add(30)), normed(x).dataSync(), { absolute: 1e-3, relative: 1e-3 });
  });
  it('refuses groups that do not divide the channels', () => {
    const x = tf.zeros<tf.Rank.R4>([1, 2, 2, 6]);
    expect(() => groupNorm(x, tf.ones([6]), tf.zeros([6]), 4)).toThrow('4 groups do not divide 6 channels');
  });
  it('names the tensor of a wrong shape', () => {
    const x = tf.zeros<tf.Rank.R4>([1, 2, 2, 6]);
    expect(() => groupNorm(x, tf.ones([5]), tf.zeros([6]), 3)).toThrow(
      'groupNorm: scale: expected [6], got [5]',
    );
  });
});

describe('assignLevels', () => {
  it('doubles the level with the side, from the canonical size on', () => {
    const sides = [4, 55.9, 56, 111.9, 112, 223.9, 224, 448, 2000];
    const boxes = tf.tensor2d(
      sides.flatMap((side) => [10, 10, 10 + side, 10 + side]),
      [sides.length, 4],
    );
    expectClose(assignLevels(boxes, 4, 224), [0, 0, 0, 0, 1, 1, 2, 3, 3]);
  });
  it('puts padding on the finest level', () => {
    expectClose(assignLevels(tf.zeros([1, 4]), 4, 224), [0]);
  });
});

describe('roiAlign', () => {
  const levels = [4, 2, 1].map((s, i) => uniformTensor<tf.Rank.R4>([2, s * 8, s * 8, 3], i + 1));
  const boxes = tf.tensor2d(
    [
      [0, 0, 100, 100],
      [3, 5, 20, 31],
      [50, 40, 90, 120],
      [0, 0, 128, 128],
    ],
    [4, 4],
  );
  const imageIndices = tf.tensor1d([1, 0, 1, 0], 'int32');

  const cut112 = { size: 2, canonicalSize: 112, samplingRatio: 2 };

  it('cuts each region from its own level only', () => {
    const all = roiAlign(levels, { boxes, imageIndices }, cut112);
    const assigned = [...assignLevels(boxes, 3, 112).dataSync()];
    expect(new Set(assigned).size).toBe(3);
    assigned.forEach((level, r) => {
      // Cut alone from its level: the others are hidden by zeros.
      const others = levels.map((map, i) => (i === level ? map : tf.zerosLike(map)));
      const alone = roiAlign(others, { boxes, imageIndices }, cut112).slice([r, 0, 0, 0], [1, -1, -1, -1]);
      expectClose(alone, all.slice([r, 0, 0, 0], [1, -1, -1, -1]).dataSync());
    });
  });
  it('reads the same places of the image, whatever the level', () => {
    // Each pixel holds its own position in the image, so a cell must hold the position of its middle.
    const positions = [4, 8, 16].map((stride) => {
      const along = tf.range(0, 128 / stride).mul(stride);
      return along.reshape([1, 1, -1, 1]).tile([1, 128 / stride, 1, 1]) as tf.Tensor4D;
    });
    const sides = [24, 48, 96];
    const inside = tf.tensor2d(
      sides.flatMap((side) => [8, 16, 8 + side, 16 + side]),
      [3, 4],
    );
    const regions = { boxes: inside, imageIndices: tf.zeros<tf.Rank.R1>([3], 'int32') };
    expectClose(assignLevels(inside, 3, 96), [0, 1, 2]);
    const cells = roiAlign(positions, regions, { ...cut112, canonicalSize: 96 }).slice(
      [0, 0, 0, 0],
      [3, 1, 2, 1],
    );
    expectClose(
      cells,
      sides.flatMap((side) => [16 + side / 4, 16 + (3 * side) / 4]),
    );
  });
  it('leaves no tensor behind, forward and backward', () => {
    const cut = (map: tf.Tensor) =>
      roiAlign([map as tf.Tensor4D, levels[1]!], { boxes, imageIndices }, cut112).sum();
    expectNoLeak(() => tf.tidy(() => tf.grad(cut)(levels[0]!)));
  });
});
