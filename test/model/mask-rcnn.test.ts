import { describe, expect, it } from 'vitest';
import { createCbam } from '../../src/model/cbam.ts';
import { createCustomBackbone } from '../../src/model/custom-backbone.ts';
import { extractFeatures } from '../../src/model/features.ts';
import { createFpn } from '../../src/model/fpn.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { predict } from '../../src/model/predict.ts';
import { createWeights } from '../../src/model/weights.ts';
import type { Params } from '../../src/params/schema.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, expectNoLeak, uniformTensor } from '../support/tensors.ts';
import { tinyParams } from '../support/tiny-model.ts';

const params = tinyParams();

/** For C2–C4: how far right of its pixel the gradient of the middle cell reaches on average, in pixels. */
function centreOffsets(options: typeof params): number[] {
  const backbone = createCustomBackbone(createWeights(options.seed), options.model);
  const images = uniformTensor<tf.Rank.R4>([1, 64, 64, 3], options.seed, -1, 1);
  return [0, 1, 2].map((level) => {
    const middle = 8 / 2 ** level;
    const cell = (x: tf.Tensor) =>
      backbone
        .apply(x as tf.Tensor4D)
        [level]!.slice([0, middle, middle, 0], [1, 1, 1, -1])
        .square()
        .sum();
    const strength = tf.grad(cell)(images).square().sum([0, 1, 3]);
    const position = strength.mul(tf.range(0, 64)).sum().div(strength.sum());
    return position.dataSync()[0]! - 32;
  });
}

describe('createCbam', () => {
  const options = { channels: 8, reduction: 4, kernel: 3 };
  const x = uniformTensor<tf.Rank.R4>([2, 5, 5, 8], 1);

  it('scales by σ(0)² = 1/4 where its weights are 0', () => {
    const weights = createWeights(1);
    const cbam = createCbam(weights, 'cbam', options);
    for (const variable of weights.variables.values()) variable.assign(tf.zerosLike(variable));
    expectClose(cbam(x), x.mul(0.25).dataSync());
  });
  it('is the formula of the paper, worked step by step', () => {
    const weights = createWeights(3);
    const cbam = createCbam(weights, 'cbam', options);
    weights.variables.get('cbam.spatial.conv.kernel')!.assign(uniformTensor([3, 3, 2, 1], 4));
    const w = (name: string) => weights.variables.get(`cbam.${name}`)!;
    const mlp = (pooled: tf.Tensor) =>
      tf.matMul(
        tf.relu(tf.matMul(pooled as tf.Tensor2D, w('channel.reduce.kernel') as tf.Tensor2D)),
        w('channel.expand.kernel') as tf.Tensor2D,
      );
    const attention = tf.sigmoid(mlp(tf.mean(x, [1, 2])).add(mlp(tf.max(x, [1, 2])))).reshape([2, 1, 1, 8]);
    const refined = x.mul(attention);
    const maps = tf.concat([tf.mean(refined, 3, true), tf.max(refined, 3, true)], 3) as tf.Tensor4D;
    const spatial = tf.sigmoid(tf.conv2d(maps, w('spatial.conv.kernel') as tf.Tensor4D, 1, 'same'));
    expectClose(cbam(x), refined.mul(spatial).dataSync());
  });
});

describe('createFpn', () => {
  const norm = { norm: 'none', group_norm_groups: 2 } as const;
  it('without normalisation is torchvision’s: convolutions with biases, and sums', () => {
    const weights = createWeights(1);
    const fpn = createFpn(weights, [3, 5], { ...norm, fpn_channels: 4 });
    expect([...weights.variables.keys()].filter((name) => /norm/.test(name))).toEqual([]);
    const w = (name: string) => weights.variables.get(`fpn.${name}`) as tf.Variable<tf.Rank.R4>;
    for (const name of ['lateral2', 'lateral3', 'output2', 'output3']) {
      weights.variables.get(`fpn.${name}.conv.bias`)!.assign(uniformTensor<tf.Rank.R1>([4], name.length));
    }
    const [fine, coarse] = [
      uniformTensor<tf.Rank.R4>([1, 4, 6, 3], 1),
      uniformTensor<tf.Rank.R4>([1, 2, 3, 5], 2),
    ];
    const conv = (x: tf.Tensor4D, name: string) =>
      tf.conv2d(x, w(`${name}.conv.kernel`), 1, 'same').add(w(`${name}.conv.bias`)) as tf.Tensor4D;
    const top = conv(coarse, 'lateral3');
    const merged = conv(fine, 'lateral2').add(tf.image.resizeNearestNeighbor(top, [4, 6])) as tf.Tensor4D;
    const [p2, p3] = fpn([fine, coarse]);
    expectClose(p2!, conv(merged, 'output2').dataSync());
    expectClose(p3!, conv(top, 'output3').dataSync());
  });
  it('carries what a coarse level knows to every finer level', () => {
    const weights = createWeights(1);
    const fpn = createFpn(weights, [4, 4, 4, 4], { fpn_channels: 4, norm: 'group', group_norm_groups: 2 });
    const maps = [16, 8, 4, 2].map((side, i) => uniformTensor<tf.Rank.R4>([1, side, side, 4], i));
    const other = [...maps.slice(0, 3), uniformTensor<tf.Rank.R4>([1, 2, 2, 4], 9)];
    fpn(other).forEach((level, i) => {
      const change = level.sub(fpn(maps)[i]!).abs().max().dataSync()[0]!;
      expect(change).toBeGreaterThan(0.01);
    });
  });
});

describe('createMaskRcnn', () => {
  const model = createMaskRcnn(params);
  const images = uniformTensor<tf.Rank.R4>([2, 64, 64, 3], 1, 0, 1);

  it('has a pyramid of five levels, each half the size', () => {
    const shapes = model.pyramid(images).map(({ shape }) => shape);
    expect(shapes).toEqual([16, 8, 4, 2, 1].map((side) => [2, side, side, 8]));
  });
  it('centres cell i of each map of the backbone on pixel i·stride, as anchors and RoIAlign take it', () => {
    const offsets = [1, 2, 3, 4, 5, 6].map((seed) => centreOffsets({ ...params, seed }));
    [4, 8, 16].forEach((stride, level) => {
      const mean = offsets.reduce((sum, offset) => sum + offset[level]!, 0) / offsets.length;
      // A map that is shifted by half a cell, as TensorFlow's own padding gives, is off by more than this.
      expect(Math.abs(mean)).toBeLessThan(0.3 * stride);
    });
  });
  it('says something about every anchor', () => {
    const { logits, boxDeltas } = model.rpn(model.pyramid(images));
    const anchors = 3 * (256 + 64 + 16 + 4 + 1);
    expect(model.anchors.boxes.shape).toEqual([anchors, 4]);
    expect(model.anchors.perLevel).toEqual([768, 192, 48, 12, 3]);
    expect([logits.shape, boxDeltas.shape]).toEqual([
      [2, anchors],
      [2, anchors, 4],
    ]);
  });
  it('orders anchors as the RPN orders its outputs', () => {
    // A bump in one cell of P2 must raise the logits of that cell's anchors and of its 3x3 neighbours only.
    const flat = [16, 8, 4, 2, 1].map((side) => tf.zeros<tf.Rank.R4>([1, side, side, 8]));
    const bump = tf.buffer([1, 16, 16, 8]);
    bump.set(5, 0, 3, 10, 2);
    const before = model.rpn(flat).logits.dataSync();
    const after = model.rpn([bump.toTensor() as tf.Tensor4D, ...flat.slice(1)]).logits.dataSync();
    const anchors = model.anchors.boxes.arraySync();
    const touched = anchors.filter((_, a) => before[a] !== after[a]);
    expect(touched.length).toBe(9 * 3);
    for (const [y1, x1, y2, x2] of touched as [number, number, number, number][]) {
      expect(Math.abs((y1 + y2) / 2 - 3 * 4)).toBeLessThanOrEqual(4);
      expect(Math.abs((x1 + x2) / 2 - 10 * 4)).toBeLessThanOrEqual(4);
    }
  });
  it('treats each image alone: an image’s results do not depend on its neighbour', () => {
    const alone = model.rpn(model.pyramid(images.slice([1, 0, 0, 0], [1, -1, -1, -1]))).logits;
    const together = model.rpn(model.pyramid(images)).logits.slice([1, 0], [1, -1]);
    expectClose(alone, together.dataSync(), { absolute: 1e-5, relative: 1e-4 });
  });
  it.each([
    ['backbone.stem.conv2.kernel', Math.sqrt(2 / (9 * 8))],
    ['backbone.stage4.block0.conv1.kernel', Math.sqrt(2 / (9 * 16))],
    ['backbone.stage4.block0.cbam.channel.expand.kernel', Math.sqrt(1 / 3 / 8)],
    ['backbone.stage4.block0.cbam.spatial.conv.kernel', 0],
    ['fpn.lateral4.conv.kernel', Math.sqrt(1 / 16)],
    ['fpn.output4.conv.kernel', Math.sqrt(1 / (9 * 8))],
    ['rpn.conv.kernel', 0.01],
    ['rpn.logits.kernel', 0.01],
    ['rpn.boxDeltas.kernel', 0.01],
    ['box.dense1.kernel', Math.sqrt(1 / (49 * 8))],
    ['box.dense2.kernel', Math.sqrt(1 / 16)],
    ['box.classLogits.kernel', 0.01],
    ['box.boxDeltas.kernel', 0.001],
    ['mask.conv1.kernel', Math.sqrt(2 / (9 * 8))],
    ['mask.upsample.kernel', Math.sqrt(2 / 8)],
    ['mask.logits.kernel', Math.sqrt(2 / 8)],
  ])('starts as the references do: %s with deviation %f', (name, deviation) => {
    const kernel = model.weights.variables.get(name)!;
    const got = kernel.square().mean().sqrt().dataSync()[0]!;
    expect(Math.abs(got - deviation)).toBeLessThanOrEqual((3 * deviation) / Math.sqrt(2 * kernel.size));
  });
  it('takes anchors for background at first where objectness is focal, for either otherwise', () => {
    const probability = (objectness: Params['loss']['objectness']) => {
      const made = createMaskRcnn({ ...params, loss: { ...params.loss, objectness } });
      const [first] = made.weights.variables.get('rpn.logits.bias')!.sigmoid().dataSync();
      made.dispose();
      return first;
    };
    expect(probability('focal')).toBeCloseTo(0.01, 6);
    expect(probability('cross_entropy')).toBe(0.5);
  });
  it('has a ResNet where model_type is transfer', () => {
    const transfer = structuredClone(params);
    transfer.train.model_type = 'transfer';
    transfer.model.transfer.backbone = 'resnet18';
    const other = createMaskRcnn(transfer);
    const shapes = other.backbone(images).map(({ shape }) => shape);
    expect(shapes).toEqual([16, 8, 4, 2].map((side, i) => [2, side, side, 64 * 2 ** i]));
    expect(other.pyramid(images)[0]!.shape).toEqual([2, 16, 16, 8]);
    other.dispose();
  });
  it('has no normalisation but biases in pyramid and mask head where model.norm is none', () => {
    const names = (norm: 'group' | 'none') => {
      const made = createMaskRcnn({ ...params, model: { ...params.model, norm } });
      const all = [...made.weights.variables.keys()];
      made.dispose();
      return all.filter((name) => /^(fpn|mask)\./.test(name) && !/upsample|logits/.test(name));
    };
    const kinds = (all: string[]) => [...new Set(all.map((name) => name.split('.').at(-1)))];
    expect(kinds(names('none'))).toEqual(['kernel', 'bias']);
    expect(kinds(names('group'))).toEqual(['kernel', 'scale', 'shift']);
  });
});

describe('predict', () => {
  const model = createMaskRcnn(params);
  const images = uniformTensor<tf.Rank.R4>([2, 64, 64, 3], 1, 0, 1);
  const predictions = ({ model: options }: Params) =>
    tf.tidy(() => predict(model, extractFeatures(model, images, options), options));

  it('gives detections of fixed number, best first, inside the image', () => {
    const { boxes, scores, valid, masks } = predictions(params);
    expect([boxes.shape, scores.shape, valid.shape]).toEqual([
      [2, 8, 4],
      [2, 8],
      [2, 8],
    ]);
    expect(masks.shape).toEqual([2, 8, 28, 28]);
    const [score, real] = [scores.arraySync(), valid.arraySync()];
    score.forEach((row, n) => {
      const ranked = row.filter((_, d) => real[n]![d] === 1);
      expect(ranked).toEqual(ranked.toSorted((a, b) => b - a));
      for (const value of ranked) expect(value).toBeGreaterThan(params.model.detection.score_threshold);
    });
    expect(boxes.min().dataSync()[0]).toBeGreaterThanOrEqual(0);
    expect(boxes.max().dataSync()[0]).toBeLessThanOrEqual(64);
    expect(masks.min().dataSync()[0]).toBeGreaterThanOrEqual(0);
    expect(masks.max().dataSync()[0]).toBeLessThanOrEqual(1);
  });
  it('finds nothing above an unreachable threshold', () => {
    const strict = { ...params.model, detection: { ...params.model.detection, score_threshold: 1 } };
    expectClose(predictions({ ...params, model: strict }).valid.sum(), 0);
  });
  it('leaves no tensor behind', () => {
    expectNoLeak(() => ({ ...predictions(params) }));
  });
});
