/**
 * One training step as a pure function of its inputs and the variables it reads: forward, losses, gradients, update. Static
 * shapes, no value read, no random number drawn outside: it runs op by op or compiled to a graph.
 */
import { type Batch, disposeBatch, exampleBatch } from '../../data/batch.ts';
import type { BatchShape } from '../../data/host-batch.ts';
import type { Losses, LossParams } from '../../loss/losses.ts';
import { maskRcnnLoss } from '../../loss/mask-rcnn-loss.ts';
import { extractFeatures } from '../../model/features.ts';
import type { MaskRcnn } from '../../model/mask-rcnn.ts';
import { tf } from '../../system/tensorflow.ts';
import { packStepFigures, type StepOutputs } from './step-figures.ts';
import type { WeightUpdate } from './update.ts';

/** Everything that differs from step to step. */
export type StepInputs = {
  batch: Batch;
  /** scalar > 0 */
  learningRate: tf.Scalar;
  /** scalar, 1 for the first update */
  step: tf.Scalar;
  /** scalar bool: the last batch of those that make an update together */
  last: tf.Tensor;
  /** [2] int32: the draw of anchors and regions */
  seed: tf.Tensor1D;
};

/** Inputs of a step of nothing: what it is compiled for. The caller disposes them with `disposeStepInputs`. */
export function exampleStepInputs(shape: BatchShape): StepInputs {
  return {
    batch: exampleBatch(shape),
    learningRate: tf.scalar(0),
    step: tf.scalar(1),
    last: tf.scalar(true, 'bool'),
    seed: tf.tensor1d([0, 0], 'int32'),
  };
}

/** Frees the tensors of a step's inputs. */
export function disposeStepInputs({ batch, ...numbers }: StepInputs): void {
  disposeBatch(batch);
  tf.dispose(numbers);
}

/** Updates the weights that learn; the caller disposes the outputs. */
export type TrainStep = (inputs: StepInputs) => StepOutputs;

/** The step of this model with this update. */
export function createTrainStep(model: MaskRcnn, update: WeightUpdate, params: LossParams): TrainStep {
  const names = [...update.learning.keys()];
  const variables = [...update.learning.values()];
  return ({ batch, seed, ...inputs }) =>
    tf.tidy(() => {
      let losses: Losses | undefined;
      const { grads } = tf.variableGrads(() => {
        const features = extractFeatures(model, batch.images, params.model);
        losses = maskRcnnLoss(model, features, { batch, seed }, params);
        for (const loss of Object.values(losses)) tf.keep(loss);
        return update.scale(losses.total);
      }, variables);
      const gradients = new Map(names.map((name, i) => [name, grads[variables[i]!.name]!]));
      const updated = update.apply(gradients, { ...inputs, loss: losses!.total });
      const outputs = packStepFigures(losses!, updated);
      tf.dispose(losses);
      return outputs;
    });
}
