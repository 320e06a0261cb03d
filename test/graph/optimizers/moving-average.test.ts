import { describe, expect, it } from 'vitest';
import { createAdamW } from '../../../src/graph/optimizers/adamw.ts';
import { createMovingAverage } from '../../../src/graph/optimizers/moving-average.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { engines } from '../../support/engines.ts';
import { expectClose } from '../../support/tensors.ts';

describe.each(engines)('createMovingAverage, $name', (engine) => {
  it('warms up, and follows the weight by its share from then on', async () => {
    const w = tf.variable(tf.tensor1d([8, 0]));
    const average = createMovingAverage(new Map([['w', w]]), 0.5);
    const inputs = [1, 2, 100, 101].map((step) => ({ step: tf.scalar(step), w: tf.tensor1d([step, 1]) }));
    const update = ({ step, w: weight }: (typeof inputs)[number]) => {
      w.assign(weight);
      average.update(step);
      return {};
    };
    const { run, read } = await engine.start(update, inputs[0]!, new Map([['w', w], ...average.state]));
    let expected = [8, 0];
    // d = min(0.5, (1 + step) / (10 + step)): 2/11, 3/12, then 0.5.
    for (const [i, decay] of [2 / 11, 3 / 12, 0.5, 0.5].entries()) {
      run(inputs[i]!);
      const weight = inputs[i]!.w.arraySync();
      expected = expected.map((value, j) => decay * value + (1 - decay) * weight[j]!);
      expectClose(read('w/average'), expected);
    }
  });

  it('takes the weight that the optimizer has just made', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const weights = new Map([['w', w]]);
    const adamw = createAdamW(weights, { beta1: 0.9, beta2: 0.999, weightDecay: 0 });
    // d = 2/11 in the first step.
    const average = createMovingAverage(weights, 0.999);
    const inputs = { rate: tf.scalar(0.5), step: tf.scalar(1), gradient: tf.tensor1d([1, -1]) };
    const update = ({ rate, step, gradient }: typeof inputs) => {
      adamw.apply(new Map([['w', gradient]]), rate, step);
      average.update(step);
      return { w: w.mul(1), average: average.averages.get('w')!.mul(1) };
    };
    const state = new Map([...weights, ...adamw.state, ...average.state]);
    const { run } = await engine.start(update, inputs, state);
    const outputs = run(inputs);
    expectClose(outputs.w, [0.5, 2.5]);
    expectClose(outputs.average, [1 - 0.5 * (9 / 11), 2 + 0.5 * (9 / 11)]);
  });
});

describe('createMovingAverage', () => {
  it('begins with the weights, and frees its memory', () => {
    const weights = new Map([['w', tf.variable(tf.tensor1d([1, 2]))]]);
    const before = tf.memory().numTensors;
    const average = createMovingAverage(weights, 0.9);
    expectClose(average.averages.get('w')!, [1, 2]);
    weights.get('w')!.assign(tf.tensor1d([5, 5]));
    expectClose(average.state.get('w/average')!, [1, 2]);
    average.dispose();
    expect(tf.memory().numTensors).toBe(before + 1);
  });
});
