import { createMaskRcnn } from '../../../src/model/mask-rcnn.ts';
import type { HostTensor } from '../../../src/model/safetensors.ts';
import type { Params } from '../../../src/params/schema.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { createTrainStep, type StepInputs } from '../../../src/train/engine/step.ts';
import { totalLoss } from '../../../src/train/engine/step-figures.ts';
import { createUpdate } from '../../../src/train/engine/update.ts';
import { readParams, readTensors } from './files.ts';
import { countValues, type Subject } from './subject.ts';

/** The step number that decides the draw of anchors and regions: always the same, as the peer's is. */
export const DRAW = 1;

/** A step of the project's own model, as `aerial train` makes it. */
export async function createOwnModel(folder: string): Promise<Subject> {
  const params = await readParams(folder);
  const model = createMaskRcnn(params);
  const update = createUpdate(model.weights.variables, params.train);
  const trainStep = createTrainStep(model, update, params);
  return {
    step: (inputs) => {
      const outputs = trainStep(inputs as StepInputs);
      return { loss: totalLoss(outputs), ...outputs };
    },
    inputs: await createOwnInputs(folder, params),
    variables: new Map([...model.weights.variables, ...update.state]),
    constants: [model.anchors.boxes],
    parameters: countValues(model.weights.variables),
  };
}

/** @returns a function from the number of a step to its inputs, always of the same batch */
export async function createOwnInputs(
  folder: string,
  { train, seed }: Params,
): Promise<(step: number) => StepInputs> {
  const tensors = await readTensors(folder, 'own-model', 'inputs');
  return (step) => ({
    batch: {
      images: fromHost<tf.Rank.R4>(tensors.get('images')!),
      boxes: fromHost<tf.Rank.R3>(tensors.get('boxes')!),
      masks: fromHost<tf.Rank.R4>(tensors.get('masks')!),
      valid: fromHost<tf.Rank.R2>(tensors.get('valid')!),
      touching: fromHost<tf.Rank.R3>(tensors.get('touching')!),
    },
    learningRate: tf.scalar(train.learning_rate),
    step: tf.scalar(step),
    last: tf.scalar(true, 'bool'),
    seed: tf.tensor1d([seed, DRAW], 'int32'),
  });
}

function fromHost<R extends tf.Rank>({ values, shape }: HostTensor): tf.Tensor<R> {
  return tf.tensor<R>(values, [...shape] as tf.ShapeMap[R]);
}
