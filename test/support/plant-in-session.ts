import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { vi } from 'vitest';
import { tf } from '../../src/system/tensorflow.ts';

/** One run of a compiled training step, just before TensorFlow has it. */
export interface StepRun {
  /** Of the batch, counted over the run; the same when it comes again. */
  draw: number;
  /** Of the batch, images. */
  count: number;
  /** Puts pixels in that are no numbers. */
  spoil(): void;
  /** Gives it a learning rate at which the weights run away. */
  carryAway(): void;
}

/**
 * Watches what goes into TensorFlow's session, for the faults that cannot be made with images: `look` may spoil the batch of
 * a step, or throw in TensorFlow's place. `vi.restoreAllMocks` ends it.
 */
export function watchSteps(look: (run: StepRun) => void): void {
  const backend = tf.backend() as NodeJSKernelBackend;
  const run = backend.runSavedModel.bind(backend);
  vi.spyOn(backend, 'runSavedModel').mockImplementation((id, tensors, inputs, outputs) => {
    // Of all that runs in a session only a training step takes a learning rate beside images.
    const place = tensors.findIndex(({ rank, shape }) => rank === 4 && shape[3] === 3);
    const seed = tensors.find(({ rank, dtype }) => rank === 1 && dtype === 'int32');
    const isStep = tensors.some(({ dtype }) => dtype === 'bool');
    if (place < 0 || !seed || !isStep) return run(id, tensors, inputs, outputs);
    const fed = [...tensors];
    const planted: tf.Tensor[] = [];
    const plant = (at: number, tensor: tf.Tensor) => {
      planted.push(tensor);
      fed[at] = tensor;
    };
    const { shape } = tensors[place]!;
    // The other one is the number of the step.
    const isNumber = ({ rank, dtype }: tf.Tensor) => rank === 0 && dtype === 'float32';
    const ratePlace = tensors.findIndex((tensor) => isNumber(tensor) && tensor.dataSync()[0]! < 1);
    look({
      draw: seed.dataSync()[1]!,
      count: shape[0]!,
      spoil: () => plant(place, tf.fill(shape, Number.NaN)),
      carryAway: () => plant(ratePlace, tf.scalar(1e30)),
    });
    const results = run(id, fed, inputs, outputs);
    tf.dispose(planted);
    return results;
  });
}
