import { describe, expect, it } from 'vitest';
import { createAccumulation } from '../../../src/graph/optimizers/accumulation.ts';
import { createSgd } from '../../../src/graph/optimizers/sgd.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { engines } from '../../support/engines.ts';
import { expectClose } from '../../support/tensors.ts';

describe.each(engines)('createAccumulation, $name', (engine) => {
  it('gives the mean over the batches that came, also where they are fewer than before', async () => {
    const w: tf.Variable = tf.variable(tf.tensor1d([0]));
    const accumulation = createAccumulation(new Map([['w', w]]));
    const inputs = [1, 3, 8, 5].map((gradient, i) => ({
      gradient: tf.tensor1d([gradient]),
      last: tf.scalar(i >= 2, 'bool'),
    }));
    const step = ({ gradient, last }: (typeof inputs)[number]) => {
      accumulation.add(new Map([['w', gradient]]), last, (means) => w.assign(means.get('w')!));
      return {};
    };
    const { run, read } = await engine.start(step, inputs[0]!, new Map([['w', w], ...accumulation.state]));
    for (const [i, expected] of [0, 0, 4, 5].entries()) {
      run(inputs[i]!);
      expectClose(read('w'), [expected]);
    }
  });
  it('gives the mean with the last batch of each update, and begins anew', async () => {
    const w: tf.Variable = tf.variable(tf.tensor1d([0, 0]));
    const accumulation = createAccumulation(new Map([['w', w]]));
    const gradients = [
      [1, 10],
      [3, 30],
      [5, 50],
      [7, 70],
    ];
    const inputs = gradients.map((gradient, i) => ({
      gradient: tf.tensor1d(gradient),
      last: tf.scalar(i % 2 === 1, 'bool'),
    }));
    const step = ({ gradient, last }: (typeof inputs)[number]) => {
      accumulation.add(new Map([['w', gradient]]), last, (means) => w.assign(means.get('w')!));
      return {};
    };
    const { run, read } = await engine.start(step, inputs[0]!, new Map([['w', w], ...accumulation.state]));
    const expected = [
      { w: [0, 0], sum: [1, 10] },
      { w: [2, 20], sum: [0, 0] },
      { w: [2, 20], sum: [5, 50] },
      { w: [6, 60], sum: [0, 0] },
    ];
    for (const [i, each] of expected.entries()) {
      run(inputs[i]!);
      expectClose(read('w'), each.w);
      expectClose(read('w/gradient'), each.sum);
    }
  });

  it('updates as one large batch does', async () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
      [-1, 0],
      [2, -2],
    ]);
    const rate = tf.scalar(0.1);
    const options = { momentum: 0.9, nesterov: false, weightDecay: 0 };
    const createWeights = () => new Map([['w', tf.variable(tf.tensor2d([[0.5], [-1]]))]]);
    const [large, small] = [createWeights(), createWeights()];
    const [largeSgd, smallSgd] = [createSgd(large, options), createSgd(small, options)];
    const accumulation = createAccumulation(small);
    const step = ({
      batch,
      last,
      learningRate,
    }: {
      batch: tf.Tensor;
      last: tf.Tensor;
      learningRate: tf.Scalar;
    }) => {
      accumulation.add(gradientOf(small, batch), last, (means) =>
        smallSgd.apply(means, learningRate, learningRate),
      );
      return {};
    };
    const inputs = [0, 1, 2, 3].map((i) => ({
      batch: x.slice([i, 0], [1, 2]),
      last: tf.scalar(i === 3, 'bool'),
      learningRate: rate,
    }));
    const state = new Map([...small, ...smallSgd.state, ...accumulation.state]);
    const { run, read } = await engine.start(step, inputs[0]!, state);
    for (let update = 0; update < 3; update++) {
      for (const each of inputs) run(each);
      largeSgd.apply(gradientOf(large, x), rate, rate);
      expectClose(read('w'), large.get('w')!.dataSync());
    }
  });
});

/** Of the mean of (x·w)² over the batch. */
function gradientOf(weights: ReadonlyMap<string, tf.Variable>, batch: tf.Tensor): Map<string, tf.Tensor> {
  const w = weights.get('w')!;
  const { grads } = tf.variableGrads(
    () =>
      tf
        .matMul(batch as tf.Tensor2D, w as never)
        .square()
        .mean(),
    [w],
  );
  return new Map([['w', grads[w.name]!]]);
}

describe('createAccumulation', () => {
  it('begins with zeros, and frees its memory', () => {
    const weights = new Map([['w', tf.variable(tf.ones([2, 3]))]]);
    const before = tf.memory().numTensors;
    const accumulation = createAccumulation(weights);
    expectClose(accumulation.state.get('w/gradient')!, [0, 0, 0, 0, 0, 0]);
    accumulation.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
