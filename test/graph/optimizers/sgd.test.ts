import { describe, expect, it } from 'vitest';
import { createSgd } from '../../../src/graph/optimizers/sgd.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { engines } from '../../support/engines.ts';
import { golden } from '../../support/golden-torch.ts';
import { expectHalfRate } from '../../support/half-rate.ts';
import { replay } from '../../support/replay-optimizer.ts';

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
    expect.hasAssertions();
    await expectHalfRate(engine, (weights, multiples) =>
      createSgd(weights, { momentum: 0.9, nesterov: false, weightDecay: 0.1, multiples }),
    );
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
