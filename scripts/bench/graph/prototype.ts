import { createAdamW } from '../../../src/graph/optimizers/adamw.ts';
import { createWeights } from '../../../src/model/weights.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { readTensors } from './files.ts';
import { createPrototypeNetwork } from './prototype-network.ts';
import { countValues, type Subject } from './subject.ts';

/** Seed of the weights, which both sides start from. */
export const PROTOTYPE_SEED = 18;

const LEARNING_RATE = 1e-4;
/** Adam as its authors proposed it, and as PyTorch's defaults are. */
const ADAM = { beta1: 0.9, beta2: 0.999, weightDecay: 0 };

/** A step of the prototype's network: mean of the squared outputs as its loss, Adam. */
export async function createPrototype(folder: string): Promise<Subject> {
  const { shape, values } = (await readTensors(folder, 'prototype', 'inputs')).get('images')!;
  const weights = createWeights(PROTOTYPE_SEED);
  const network = createPrototypeNetwork(weights);
  const optimizer = createAdamW(weights.variables, ADAM);
  const names = [...weights.variables.keys()];
  const trained = [...weights.variables.values()];
  return {
    step: (inputs) =>
      tf.tidy(() => {
        const { images, learningRate, step } = inputs as Record<string, tf.Tensor>;
        const { value, grads } = tf.variableGrads(
          () =>
            network(images as tf.Tensor4D)
              .square()
              .mean() as tf.Scalar,
          trained,
        );
        const gradients = new Map(names.map((name, i) => [name, grads[trained[i]!.name]!]));
        optimizer.apply(gradients, learningRate as tf.Scalar, step as tf.Scalar);
        return { loss: value };
      }),
    inputs: (step) => ({
      images: tf.tensor(values, [...shape]),
      learningRate: tf.scalar(LEARNING_RATE),
      step: tf.scalar(step),
    }),
    variables: new Map([...weights.variables, ...optimizer.state]),
    constants: [],
    parameters: countValues(weights.variables),
  };
}
