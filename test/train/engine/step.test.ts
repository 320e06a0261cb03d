import { afterAll, describe, expect, it } from 'vitest';
import { type Batch, disposeBatch } from '../../../src/data/batch.ts';
import { maskRcnnLoss } from '../../../src/loss/mask-rcnn-loss.ts';
import { extractFeatures } from '../../../src/model/features.ts';
import { createMaskRcnn, type MaskRcnn } from '../../../src/model/mask-rcnn.ts';
import type { Params } from '../../../src/params/schema.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { createTrainStep } from '../../../src/train/engine/step.ts';
import { readFigures, readStepFigures, type StepFigures } from '../../../src/train/engine/step-figures.ts';
import { createUpdate } from '../../../src/train/engine/update.ts';
import { badTerms } from '../../../src/train/trouble/bad-terms.ts';
import { stepInputs } from '../../support/step-inputs.ts';
import { tinyBatch } from '../../support/tiny-batch.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const params = tinyParams();
const batch = tinyBatch(params);
afterAll(() => disposeBatch(batch));

async function trainSteps(steps: number, options: Params = params) {
  const model = createMaskRcnn(options);
  const update = createUpdate(model.weights.variables, options.train);
  const trainStep = createTrainStep(model, update, options);
  const figures: StepFigures[] = [];
  for (let step = 1; step <= steps; step++) {
    const { inputs, free } = stepInputs(batch, step);
    figures.push(await readStepFigures(trainStep(inputs)));
    free();
  }
  return { model, update, figures };
}

function lossOf(model: MaskRcnn, on: Batch, seed: tf.Tensor1D) {
  const features = extractFeatures(model, on.images, params.model);
  return maskRcnnLoss(model, features, { batch: on, seed }, params);
}

describe('createTrainStep', () => {
  it('adds up the terms with their weights', async () => {
    const weights = {
      objectness_weight: 2,
      rpn_box_weight: 3,
      class_weight: 5,
      box_weight: 7,
      focal_weight: 11,
      dice_weight: 13,
    };
    const { figures } = await trainSteps(1, { ...params, loss: { ...params.loss, ...weights } });
    const { objectness, rpnBox, class: classLoss, box, focal, dice, total } = figures[0]!.losses;
    const sum = 2 * objectness + 3 * rpnBox + 5 * classLoss + 7 * box + 11 * focal + 13 * dice;
    expect(total).toBeCloseTo(sum, 3);
    for (const term of [objectness, rpnBox, classLoss, box, focal, dice]) expect(term).toBeGreaterThan(0);
  });
  it('leaves no tensor behind, however many steps', async () => {
    const { model, update } = await trainSteps(1);
    model.dispose();
    update.dispose();
    const before = tf.memory().numTensors;
    const again = await trainSteps(3);
    again.model.dispose();
    again.update.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
  it('changes every weight: no part is cut off from the loss', async () => {
    const fresh = createMaskRcnn(params);
    const { model } = await trainSteps(3);
    const unchanged = [...model.weights.variables]
      .filter(([name, variable]) => variable.equal(fresh.weights.variables.get(name)!).all().dataSync()[0])
      .map(([name]) => name);
    expect(unchanged).toEqual([]);
  });
  it('leaves everything as it was, bit by bit, where one pixel of the batch is no number', async () => {
    const { model, update } = await trainSteps(1);
    const bits = () =>
      new Map([...model.weights.variables, ...update.state].map(([name, value]) => [name, value.dataSync()]));
    const before = bits();
    const pixels = batch.images.dataSync().slice();
    pixels[5000] = Number.NaN;
    const images = tf.tensor4d(pixels, batch.images.shape);
    const { inputs, free } = stepInputs({ ...batch, images }, 2);
    const figures = await readStepFigures(createTrainStep(model, update, params)(inputs));
    free();
    expect(badTerms(figures, 'float32').map(({ name }) => name)).toContain('total');
    expect(figures.applied).toBe(false);
    expect(bits()).toEqual(before);
  });
  it('learns to tell and outline the buildings of one batch', async () => {
    // Not the total: it may grow at first, when better proposals give the box head more to do.
    const { figures } = await trainSteps(40);
    const [first, last] = [figures[0]!.losses, figures.at(-1)!.losses];
    expect(last.objectness).toBeLessThan(0.5 * first.objectness);
    expect(last.dice).toBeLessThan(0.5 * first.dice);
  }, 60_000);
});

describe('maskRcnnLoss', () => {
  it('has a gradient that agrees with the change of the loss along it', async () => {
    const { model } = await trainSteps(2);
    const variables = [...model.weights.variables.values()];
    const seed = tf.tensor1d([1, 2], 'int32');
    // The choice of proposals jumps when weights change, so only terms that do not depend on it are smooth.
    const smooth = () =>
      tf.tidy(() => {
        const { objectness, rpnBox } = lossOf(model, batch, seed);
        return objectness.add(rpnBox) as tf.Scalar;
      });
    const { grads } = tf.variableGrads(smooth, variables);
    const used = variables.filter(({ name }) => grads[name]);
    const slope = used.reduce((sum, { name }) => sum + grads[name]!.square().sum().dataSync()[0]!, 0);
    const at = (distance: number) => {
      for (const variable of used)
        tf.tidy(() => variable.assign(variable.add(grads[variable.name]!.mul(distance))));
      const value = smooth().dataSync()[0]!;
      for (const variable of used)
        tf.tidy(() => variable.assign(variable.sub(grads[variable.name]!.mul(distance))));
      return value;
    };
    const h = 1e-2 / Math.sqrt(slope);
    expect((at(h) - at(-h)) / (2 * h) / slope).toBeCloseTo(1, 1);
  });
  it('is finite and has no box or mask term on images without buildings', async () => {
    const { model } = await trainSteps(1);
    const empty = { ...batch, valid: tf.zerosLike(batch.valid), boxes: tf.zerosLike(batch.boxes) };
    const losses = await readFigures(tf.tidy(() => lossOf(model, empty, tf.tensor1d([1, 2], 'int32'))));
    expect(losses.rpnBox + losses.box + losses.focal + losses.dice).toBe(0);
    expect(losses.objectness).toBeGreaterThan(0);
    expect(Number.isFinite(losses.total)).toBe(true);
  });
  it('does not look at padding: other values in unused slots change nothing', async () => {
    const { model } = await trainSteps(1);
    const padding = tf.scalar(1).sub(batch.valid).expandDims(2);
    const noisy = {
      ...batch,
      boxes: batch.boxes.add(padding.mul(tf.tensor1d([3, 3, 40, 50]))) as tf.Tensor3D,
    };
    const seed = tf.tensor1d([1, 2], 'int32');
    const [clean, disturbed] = [batch, noisy].map((at) => tf.tidy(() => lossOf(model, at, seed).total));
    expect(disturbed!.dataSync()[0]).toBeCloseTo(clean!.dataSync()[0]!, 5);
  });
});
