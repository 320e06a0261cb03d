import { describe, expect, it } from 'vitest';
import { createCbam } from '../../src/model/cbam.ts';
import { createCustomBackbone } from '../../src/model/custom-backbone.ts';
import { extractFeatures } from '../../src/model/features.ts';
import { createFpn } from '../../src/model/fpn.ts';
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { predict } from '../../src/model/predict.ts';
import { constant, createWeights, heNormal } from '../../src/model/weights.ts';
import type { Params } from '../../src/params/schema.ts';
import { createRandom } from '../../src/system/random.ts';
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

describe('createWeights', () => {
  it('refuses a name twice', () => {
    const weights = createWeights(1);
    weights.create('a', [1], constant(0));
    expect(() => weights.create('a', [1], constant(0))).toThrow('A weight named a exists already');
  });
  it('draws by seed and name, whatever was made before', () => {
    const [one, two, other] = [createWeights(1), createWeights(1), createWeights(2)];
    two.create('before', [3], heNormal);
    const value = (weights: typeof one) => [...weights.create('w', [4, 4], heNormal).dataSync()];
    const values = value(one);
    expect(value(two)).toEqual(values);
    expect(value(other)).not.toEqual(values);
  });
});

describe('heNormal', () => {
  it('has deviation √(2 / fan in)', () => {
    const values = heNormal([3, 3, 64, 100], createRandom(1));
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(Math.sqrt(square)).toBeCloseTo(Math.sqrt(2 / (9 * 64)), 3);
  });
});

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
  it('carries what a coarse level knows to every finer level', () => {
    const weights = createWeights(1);
    const fpn = createFpn(weights, [4, 4, 4, 4], { channels: 4, groups: 2 });
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
  it('says that transfer comes later', () => {
    const transfer = { ...params, train: { ...params.train, model_type: 'transfer' as const } };
    expect(() => createMaskRcnn(transfer)).toThrow(/transfer is not built yet/);
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
