import { describe, expect, it } from 'vitest';
import { createSgd } from '../../../src/graph/optimizers/sgd.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { engines } from '../../support/engines.ts';
import { golden } from '../../support/golden-torch.ts';
import { replay } from '../../support/replay-optimizer.ts';
import { expectClose } from '../../support/tensors.ts';

describe.each(engines)('createSgd, $name', (engine) => {
  it.each([
    ['momentum', golden.sgd, { momentum: 0.9, nesterov: false }],
    ['Nesterov’s momentum', golden.sgdNesterov, { momentum: 0.9, nesterov: true }],
    ['no momentum', golden.sgdPlain, { momentum: 0, nesterov: false }],
  ])('takes PyTorch’s five steps, with decay of matrices only: %s', async (_, reference, options) => {
    expect.hasAssertions();
    await replay(engine, (weights) => createSgd(weights, { ...options, weightDecay: 0.1 }), reference);
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
    const optimizer = createSgd(weights, { momentum: 0.9, nesterov: false, weightDecay: 0.1, multiples });
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

describe('createSgd', () => {
  it('frees its memory', () => {
    const weights = new Map([['w', tf.variable(tf.zeros([3]))]]);
    const before = tf.memory().numTensors;
    const sgd = createSgd(weights, { momentum: 0.9, nesterov: false, weightDecay: 0 });
    expect([...sgd.state.keys()]).toEqual(['w/momentum']);
    sgd.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
