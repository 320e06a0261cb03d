import { describe, expect, it } from 'vitest';
import { extractFeatures } from '../../src/model/features.ts';
import { type Canvas, createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { predict } from '../../src/model/predict.ts';
import type { Params } from '../../src/params/schema.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { golden } from '../support/golden-torch.ts';
import { expectClose, expectNoLeak, uniformTensor } from '../support/tensors.ts';
import { tinyParams } from '../support/tiny-model.ts';

const params = tinyParams();
/** As torchvision pads an image of 50x90. */
const canvas: Canvas = { height: 64, width: 96, clip: [50, 90] };
const images = uniformTensor<tf.Rank.R4>([2, 64, 96, 3], 1, 0, 1);

/** Weights of such a size that boxes move and grow, and scores differ. */
function outspoken(options: Params, at?: Canvas) {
  const model = createMaskRcnn(options, at);
  for (const [name, factor] of [
    ['rpn.boxDeltas.kernel', 100],
    ['rpn.logits.kernel', 100],
    ['box.classLogits.kernel', 30],
    ['box.boxDeltas.kernel', 3000],
  ] as const) {
    const kernel = model.weights.variables.get(name)!;
    tf.tidy(() => kernel.assign(kernel.mul(factor)));
  }
  return model;
}

describe('a model on a canvas of 64x96', () => {
  const model = outspoken(params, canvas);
  const features = extractFeatures(model, images, params.model);

  it('has a pyramid of the canvas’s shape and an output for each anchor', () => {
    const shapes = features.pyramid.map(({ shape }) => shape.slice(1, 3));
    expect(shapes).toEqual([
      [16, 24],
      [8, 12],
      [4, 6],
      [2, 3],
      [1, 2],
    ]);
    const anchors = 3 * (384 + 96 + 24 + 6 + 2);
    expect(model.anchors.perLevel.reduce((sum, count) => sum + count)).toBe(anchors);
    expect(model.anchors.boxes.shape).toEqual([anchors, 4]);
    expect(features.rpn.logits.shape).toEqual([2, anchors]);
  });
  it('has torchvision’s anchors on P5 and P6, whose strides are the canvas’s sides over the map’s', () => {
    expectClose(model.anchors.boxes.slice([3 * (384 + 96 + 24), 0], [-1, 4]), golden.anchors.boxes);
  });
  it('orders anchors as the RPN orders its outputs', () => {
    // A bump in one cell of P2 raises the logits of that cell's anchors and of its neighbours only.
    const flat = features.pyramid.map((level) => tf.zerosLike(level.slice(0, 1)));
    const bump = tf.buffer([1, 16, 24, 8]);
    bump.set(5, 0, 3, 20, 2);
    const before = model.rpn(flat).logits.dataSync();
    const after = model.rpn([bump.toTensor() as tf.Tensor4D, ...flat.slice(1)]).logits.dataSync();
    const touched = model.anchors.boxes.arraySync().filter((_, a) => before[a] !== after[a]);
    expect(touched.length).toBe(9 * 3);
    for (const [y1, x1, y2, x2] of touched as [number, number, number, number][]) {
      expect(Math.abs((y1 + y2) / 2 - 3 * 4)).toBeLessThanOrEqual(4);
      expect(Math.abs((x1 + x2) / 2 - 20 * 4)).toBeLessThanOrEqual(4);
    }
  });
  it('clips proposals and detections to the image, on each axis by its own side', () => {
    const shapes: Canvas[] = [canvas, { height: 96, width: 64, clip: [90, 50] }];
    for (const shape of shapes) {
      const grown = createMaskRcnn(params, shape);
      // Every box grows as far as the clamp allows, so that all become the whole image.
      for (const name of ['rpn.boxDeltas.bias', 'box.boxDeltas.bias']) {
        const bias = grown.weights.variables.get(name)!;
        tf.tidy(() => bias.assign(tf.tensor1d([0, 0, 99, 99]).tile([bias.size / 4])));
      }
      const at = tf.zeros<tf.Rank.R4>([1, shape.height, shape.width, 3]);
      const found = extractFeatures(grown, at, params.model);
      const { boxes, valid } = predict(grown, found, params.model);
      for (const [all, real] of [
        [found.proposals.boxes, found.proposals.valid],
        [boxes, valid],
      ] as const) {
        const first = all.slice([0, 0, 0], [1, 1, 4]);
        expect(real.dataSync()[0]).toBe(1);
        expectClose(first, [0, 0, ...shape.clip], { absolute: 1e-4, relative: 0 });
      }
    }
  });
  it('has the weights of any other canvas', () => {
    const square = outspoken(params);
    expect(square.canvas).toEqual({ height: 64, width: 64, clip: [64, 64] });
    for (const [name, variable] of square.weights.variables)
      expectClose(model.weights.variables.get(name)!, variable.dataSync(), { absolute: 0, relative: 0 });
  });
  it('leaves no tensor behind', () => {
    expectNoLeak(() =>
      tf.tidy(() => ({ ...predict(model, extractFeatures(model, images, params.model), params.model) })),
    );
  });
});

describe('onCanvas', () => {
  it('computes with the same weights what a model made for that canvas does', () => {
    const square = outspoken(params);
    const view = square.onCanvas(canvas);
    const made = outspoken(params, canvas);
    expect(view.weights).toBe(square.weights);
    expect(view.anchors.perLevel).toEqual(made.anchors.perLevel);
    const compute = (on: typeof made) => {
      const features = extractFeatures(on, images, params.model);
      const { boxes, masks } = predict(on, features, params.model);
      return [on.anchors.boxes, features.proposals.boxes, boxes, masks].map((tensor) => [
        ...tensor.dataSync(),
      ]);
    };
    expect(compute(view)).toEqual(compute(made));
    // A weight that is changed is changed in all.
    const before = compute(view);
    const bias = square.weights.variables.get('rpn.logits.bias')!;
    tf.tidy(() => bias.assign(tf.range(0, bias.size).mul(3)));
    expect(compute(view)).not.toEqual(before);
  });
  it('leaves the weights to the model that made them', () => {
    const square = createMaskRcnn(params);
    const before = tf.memory().numTensors;
    const view = square.onCanvas(canvas);
    expect(tf.memory().numTensors).toBe(before + 1);
    view.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(square.anchors.boxes.isDisposed).toBe(false);
    square.dispose();
  });
  it('refuses what is no canvas', () => {
    const square = createMaskRcnn(params);
    expect(() => square.onCanvas({ height: 64, width: 80, clip: [64, 80] })).toThrow(
      /^onCanvas: expected a canvas/,
    );
    square.dispose();
  });
});

describe('createMaskRcnn', () => {
  it.each([
    { height: 64, width: 80, clip: [64, 80] },
    { height: 64, width: 96, clip: [64, 97] },
    { height: 0, width: 96, clip: [0, 96] },
  ] as Canvas[])('refuses the canvas $height x $width of an image $clip', (wrong) => {
    expect(() => createMaskRcnn(params, wrong)).toThrow(
      /expected a canvas of multiples of 32, at least as large as its image, got/,
    );
  });
});

describe('every threshold of params reaches the detections', () => {
  const detect = (model: Partial<Params['model']>) => {
    const options = { ...params, model: { ...params.model, ...model } };
    const square = outspoken(options);
    const result = tf.tidy(() => {
      const features = extractFeatures(square, images.slice([0, 0, 0, 0], [2, 64, 64, 3]), options.model);
      const found = predict(square, features, options.model);
      return tf
        .concat(
          [features.proposals.boxes, found.boxes, found.masks.mean([2, 3]).expandDims(2).tile([1, 1, 4])],
          1,
        )
        .dataSync();
    });
    square.dispose();
    return [...result];
  };
  const { rpn, roi, detection } = params.model;
  const usual = detect({});

  it('is the same when nothing changes', () => {
    expect(detect({})).toEqual(usual);
  });
  it.each<[string, Partial<Params['model']>]>([
    ['box_scale_clamp', { box_scale_clamp: 1.001 }],
    ['rpn.score_threshold', { rpn: { ...rpn, score_threshold: 0.6 } }],
    ['rpn.min_size', { rpn: { ...rpn, min_size: 12 } }],
    ['rpn.box_weights', { rpn: { ...rpn, box_weights: [1, 1, 2, 1] } }],
    ['roi.box_weights', { roi: { ...roi, box_weights: [10, 10, 5, 50] } }],
    ['roi.sampling_ratio', { roi: { ...roi, sampling_ratio: 1 } }],
    ['detection.min_size', { detection: { ...detection, min_size: 30 } }],
  ])('%s', (_, change) => {
    expect(detect(change)).not.toEqual(usual);
  });
});
