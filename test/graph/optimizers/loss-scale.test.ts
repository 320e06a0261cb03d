import { describe, expect, it } from 'vitest';
import { createLossScale } from '../../../src/graph/optimizers/loss-scale.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { engines } from '../../support/engines.ts';
import { expectClose } from '../../support/tensors.ts';

describe.each(engines)('createLossScale, $name', (engine) => {
  const start = async (options: Parameters<typeof createLossScale>[0]) => {
    const lossScale = createLossScale(options);
    const step = ({ finite }: { finite: tf.Tensor }) => {
      lossScale.update(finite);
      return {};
    };
    const [yes, no] = [true, false].map((finite) => ({ finite: tf.scalar(finite, 'bool') }));
    const { run, read } = await engine.start(step, yes!, lossScale.state);
    return (finite: boolean) => {
      run(finite ? yes! : no!);
      return { scale: read('loss-scale/scale')[0], steps: read('loss-scale/finite-steps')[0] };
    };
  };

  it('doubles after as many finite steps as it is told, and counts anew', async () => {
    const update = await start({ initialScale: 4, growthInterval: 3 });
    expect([true, true, true, true].map(update)).toEqual([
      { scale: 4, steps: 1 },
      { scale: 4, steps: 2 },
      { scale: 8, steps: 0 },
      { scale: 8, steps: 1 },
    ]);
  });

  it('halves after every overflow, down to 1, and counts anew', async () => {
    const update = await start({ initialScale: 4, growthInterval: 3 });
    expect([true, true, false, false, false, true].map(update)).toEqual([
      { scale: 4, steps: 1 },
      { scale: 4, steps: 2 },
      { scale: 2, steps: 0 },
      { scale: 1, steps: 0 },
      { scale: 1, steps: 0 },
      { scale: 1, steps: 1 },
    ]);
  });

  it('scales the loss, and takes the scale out of gradients', async () => {
    const lossScale = createLossScale({ initialScale: 1024 });
    const fn = ({ loss, gradient }: { loss: tf.Scalar; gradient: tf.Tensor }) => ({
      loss: lossScale.scale(loss),
      gradient: lossScale.unscale(new Map([['w', gradient]])).get('w')!,
    });
    const inputs = { loss: tf.scalar(3), gradient: tf.tensor1d([1024, -512]) };
    const { run } = await engine.start(fn, inputs, lossScale.state);
    const outputs = run(inputs);
    expectClose(outputs.loss, 3072);
    expectClose(outputs.gradient, [1, -0.5]);
  });
});

describe('createLossScale', () => {
  it('begins as PyTorch’s GradScaler, and frees its memory', () => {
    const before = tf.memory().numTensors;
    const lossScale = createLossScale();
    expectClose(lossScale.state.get('loss-scale/scale')!, [65_536]);
    lossScale.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
