import { describe, expect, it } from 'vitest';
import { type Accumulation, createAccumulation } from '../../../src/graph/optimizers/accumulation.ts';
import type { Gradients } from '../../../src/graph/optimizers/optimizer.ts';
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
      return { updated: addOne(accumulation, { gradient, last, loss: tf.scalar(1) }, w) };
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
      return { updated: addOne(accumulation, { gradient, last, loss: tf.scalar(1) }, w) };
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

  it('gives the mean of the losses, too, and neither is finite where one batch was not', async () => {
    const w: tf.Variable = tf.variable(tf.tensor1d([0]));
    const accumulation = createAccumulation(new Map([['w', w]]));
    const batches = [
      { gradient: 1, loss: 2 },
      { gradient: 3, loss: Number.NaN },
      { gradient: 5, loss: 6 },
      { gradient: Number.NEGATIVE_INFINITY, loss: 3 },
      { gradient: 7, loss: 5 },
      { gradient: 9, loss: 8 },
    ];
    const inputs = batches.map(({ gradient, loss }, i) => ({
      gradient: tf.tensor1d([gradient]),
      loss: tf.scalar(loss),
      last: tf.scalar(i % 2 === 1, 'bool'),
    }));
    const step = (input: (typeof inputs)[number]) => ({ mean: addOne(accumulation, input, w) });
    const state = new Map([['w', w], ...accumulation.state]);
    const { run, read } = await engine.start(step, inputs[0]!, state);
    const seen = inputs.map((input) => {
      const [mean] = (run(input).mean as tf.Tensor).dataSync();
      return [mean, read('w')[0], read('w/gradient')[0], read('accumulation/loss')[0]];
    });
    expect(seen).toEqual([
      [0, 0, 1, 2],
      [Number.NaN, 2, 0, 0],
      [0, 2, 5, 6],
      [4.5, Number.NEGATIVE_INFINITY, 0, 0],
      [0, Number.NEGATIVE_INFINITY, 7, 5],
      [6.5, 8, 0, 0],
    ]);
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
      const update = (means: Gradients) => {
        smallSgd.apply(means, learningRate, learningRate);
        return tf.scalar(1);
      };
      const loss = tf.scalar(1);
      return {
        updated: accumulation.add(gradientOf(small, batch), { loss, last }, update, () => tf.scalar(0)),
      };
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

/** An update that makes the mean the weight. @returns the mean loss where it was made, else 0 */
function addOne(
  accumulation: Accumulation,
  { gradient, ...batch }: { gradient: tf.Tensor; loss: tf.Scalar; last: tf.Tensor },
  w: tf.Variable,
): tf.Tensor {
  const update = (means: Gradients, loss: tf.Scalar) => {
    w.assign(means.get('w')!);
    return loss;
  };
  return accumulation.add(new Map([['w', gradient]]), batch, update, () => tf.scalar(0));
}

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
