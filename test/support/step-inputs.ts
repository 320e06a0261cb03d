import type { Batch } from '../../src/data/batch.ts';
import { tf } from '../../src/system/tensorflow.ts';
import type { StepInputs } from '../../src/train/engine/step.ts';

/** Inputs of one update. `free` disposes all but the batch. */
export function stepInputs(
  batch: Batch,
  step: number,
  { learningRate = 0.005, last = true, seed = 7 } = {},
): { inputs: StepInputs; free: () => void } {
  const inputs = {
    batch,
    learningRate: tf.scalar(learningRate),
    step: tf.scalar(step),
    last: tf.scalar(last, 'bool') as tf.Tensor,
    seed: tf.tensor1d([seed, step], 'int32'),
  };
  return { inputs, free: () => tf.dispose([inputs.learningRate, inputs.step, inputs.last, inputs.seed]) };
}
