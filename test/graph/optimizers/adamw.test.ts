import { describe, expect, it } from 'vitest';
import { createAdamW } from '../../../src/graph/optimizers/adamw.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { engines } from '../../support/engines.ts';
import { golden } from '../../support/golden-torch.ts';
import { expectHalfRate } from '../../support/half-rate.ts';
import { replay } from '../../support/replay-optimizer.ts';
import { expectClose } from '../../support/tensors.ts';

describe.each(engines)('createAdamW, $name', (engine) => {
  it.each([
    ['the usual betas', golden.adamw, { beta1: 0.9, beta2: 0.999 }],
    ['short memories', golden.adamwShort, { beta1: 0.5, beta2: 0.9 }],
  ])('takes PyTorch’s five steps, with decay of matrices only: %s', async (_, reference, betas) => {
    expect.hasAssertions();
    await replay(engine, (weights) => createAdamW(weights, { ...betas, weightDecay: 0.1 }), reference);
  });

  it('goes by the learning rate against the sign of the first gradient, however small it is', async () => {
    const w = tf.variable(tf.tensor1d([1, 1, 1]));
    const adamw = createAdamW(new Map([['w', w]]), { beta1: 0.9, beta2: 0.999, weightDecay: 0 });
    const inputs = { gradient: tf.tensor1d([100, -1e-4, 0]), rate: tf.scalar(0.5), step: tf.scalar(1) };
    const step = ({ gradient, rate, step: at }: typeof inputs) => {
      adamw.apply(new Map([['w', gradient]]), rate, at);
      return {};
    };
    const { run, read } = await engine.start(step, inputs, new Map([['w', w], ...adamw.state]));
    run(inputs);
    // ε is 1e-8, the second gradient 1e-4.
    expectClose(read('w'), [0.5, 1.5, 1], { absolute: 1e-4, relative: 0 });
  });

  it('remembers the means of gradients and of their squares, by the names of the weights', async () => {
    const w = tf.variable(tf.zeros([2]));
    const adamw = createAdamW(new Map([['block/w', w]]), { beta1: 0.9, beta2: 0.99, weightDecay: 0 });
    const inputs = { gradient: tf.tensor1d([2, -4]), rate: tf.scalar(0), step: tf.scalar(1) };
    const step = ({ gradient, rate, step: at }: typeof inputs) => {
      adamw.apply(new Map([['block/w', gradient]]), rate, at);
      return {};
    };
    const { run, read } = await engine.start(step, inputs, new Map([['block/w', w], ...adamw.state]));
    run(inputs);
    run(inputs);
    expectClose(read('block/w/momentum'), [0.38, -0.76]);
    expectClose(read('block/w/variance'), [0.0796, 0.3184]);
    expect([...adamw.state.keys()]).toEqual(['block/w/momentum', 'block/w/variance']);
  });

  it('moves a weight of half the rate as if the rate were half', async () => {
    expect.hasAssertions();
    await expectHalfRate(engine, (weights, multiples) =>
      createAdamW(weights, { beta1: 0.9, beta2: 0.999, weightDecay: 0.1, multiples }),
    );
  });
});

describe('createAdamW', () => {
  it('frees its memory', () => {
    const weights = new Map([['w', tf.variable(tf.zeros([3]))]]);
    const before = tf.memory().numTensors;
    const adamw = createAdamW(weights, { beta1: 0.9, beta2: 0.999, weightDecay: 0 });
    expect(tf.memory().numTensors).toBe(before + 2);
    adamw.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
