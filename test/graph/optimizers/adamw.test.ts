import { describe, expect, it } from 'vitest';
import { createAdamW } from '../../../src/graph/optimizers/adamw.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { engines } from '../../support/engines.ts';
import { golden } from '../../support/golden-torch.ts';
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
    const start = () => tf.variable(tf.tensor2d([[1, -2]]));
    const weights = new Map([
      ['half', start()],
      ['whole', start()],
    ]);
    const multiples = new Map([
      ['half', 0.5],
      ['whole', 1],
    ]);
    const optimizer = createAdamW(weights, { beta1: 0.9, beta2: 0.999, weightDecay: 0.1, multiples });
    const inputs = { gradient: tf.tensor2d([[3, 0.1]]), rate: tf.scalar(0.2), step: tf.scalar(1) };
    const step = ({ gradient, rate, step: at }: typeof inputs) => {
      const gradients = new Map([...weights.keys()].map((name) => [name, gradient]));
      optimizer.apply(gradients, rate, at);
      return {};
    };
    const { run, read } = await engine.start(step, inputs, new Map([...weights, ...optimizer.state]));
    run(inputs);
    const moved = (name: string) => read(name).map((value, i) => value - [1, -2][i]!);
    expectClose(
      moved('half').map((change) => 2 * change),
      moved('whole'),
      { absolute: 1e-6, relative: 0 },
    );
    expect(Math.abs(moved('whole')[0]!)).toBeGreaterThan(0.1);
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
