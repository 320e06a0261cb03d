import type { HostTensor } from '../../../src/model/safetensors.ts';
import { createMaskRcnn } from '../../../src/model/mask-rcnn.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { createTrainStep, type StepInputs } from '../../../src/train/step.ts';
import { createUpdate } from '../../../src/train/update.ts';
import { readParams, readTensors } from './files.ts';
import { countValues, type Subject } from './subject.ts';

/** The step number that decides the draw of anchors and regions: always the same, as the peer's is. */
export const DRAW = 1;

/** A step of the project's own model, as `aerial train` makes it. */
export async function createOwnModel(folder: string): Promise<Subject> {
  const params = await readParams(folder);
  const tensors = await readTensors(folder, 'own-model', 'inputs');
  const model = createMaskRcnn(params);
  const update = createUpdate(model.weights.variables, params.train);
  const trainStep = createTrainStep(model, update, params);
  const toTensor = (name: string) => fromHost(tensors.get(name)!);
  return {
    step: (inputs) => {
      const { total: loss, ...others } = trainStep(inputs as unknown as StepInputs);
      return { loss, ...others };
    },
    inputs: (step) => ({
      batch: {
        images: toTensor('images'),
        boxes: toTensor('boxes'),
        masks: toTensor('masks'),
        valid: toTensor('valid'),
      },
      learningRate: tf.scalar(params.train.learning_rate),
      step: tf.scalar(step),
      last: tf.scalar(true, 'bool'),
      seed: tf.tensor1d([params.seed, DRAW], 'int32'),
    }),
    variables: new Map([...model.weights.variables, ...update.state]),
    constants: [model.anchors.boxes],
    parameters: countValues(model.weights.variables),
  };
}

function fromHost({ values, shape }: HostTensor): tf.Tensor {
  return tf.tensor(values, [...shape]);
}
