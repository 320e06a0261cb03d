/** The parts of an update in the order in which they work together, against PyTorch. */
import { describe, expect, it } from 'vitest';
import { tf } from '../../src/system/tensorflow.ts';
import { createUpdate } from '../../src/train/engine/update.ts';
import { engines } from '../support/engines.ts';
import { golden } from '../support/golden-torch.ts';
import { expectClose } from '../support/tensors.ts';

const { start, learningRates, gradients, after } = golden.recipe;
const SHAPES: Record<string, number[]> = { matrix: [3, 2], vector: [4] };
const BATCHES = 3;
/** float32 on both sides, in another order of operations. */
const TOLERANCE = { absolute: 1e-6, relative: 1e-5 };

const tensors = (values: Record<string, number[]>) =>
  Object.fromEntries(Object.entries(values).map(([name, of]) => [name, tf.tensor(of, SHAPES[name]!)]));

describe.each(engines)('createUpdate, $name', (engine) => {
  it('is PyTorch’s AdamW on the clipped mean of several batches, followed by a moving average', async () => {
    const weights = new Map(
      Object.entries(tensors(start)).map(([name, value]) => [name, tf.variable(value)]),
    );
    const update = createUpdate(weights, {
      ...{ optimizer: 'adamw', momentum: 0.9, beta2: 0.999, nesterov: false, weight_decay: 0.1 },
      // Below the warm-up of the average (2 / 11 at the first update), so that it is the same from the first on.
      ...{ gradient_clip_norm: 1.5, accumulation_steps: BATCHES, ema_decay: 0.15, precision: 'float32' },
    });
    const inputs = gradients.map((batch, i) => ({
      gradients: tensors(batch),
      loss: tf.scalar(1),
      learningRate: tf.scalar(learningRates[Math.floor(i / BATCHES)]!),
      step: tf.scalar(Math.floor(i / BATCHES) + 1),
      last: tf.scalar(i % BATCHES === BATCHES - 1, 'bool') as tf.Tensor,
    }));
    const step = ({ gradients: given, ...numbers }: (typeof inputs)[number]) => {
      update.apply(new Map(Object.entries(given)), numbers);
      return {};
    };
    const { run, read } = await engine.start(step, inputs[0]!, new Map([...weights, ...update.state]));
    expect(inputs).toHaveLength(after.length * BATCHES);
    for (const [i, given] of inputs.entries()) {
      run(given);
      if (i % BATCHES < BATCHES - 1) continue;
      const expected = after[Math.floor(i / BATCHES)]!;
      for (const name of Object.keys(SHAPES)) {
        expectClose(read(name), expected.weights[name]!, TOLERANCE);
        expectClose(read(`${name}/average`), expected.averages[name]!, TOLERANCE);
      }
    }
    update.dispose();
  });
});
