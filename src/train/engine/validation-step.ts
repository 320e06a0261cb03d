/**
 * What a validation computes for a batch: the loss as in training, and the detections, from the same features.
 */
import type { Batch } from '../../data/batch.ts';
import type { Losses, LossParams } from '../../loss/losses.ts';
import { maskRcnnLoss } from '../../loss/mask-rcnn-loss.ts';
import { extractFeatures } from '../../model/features.ts';
import type { MaskRcnn } from '../../model/mask-rcnn.ts';
import { type Predictions, predict } from '../../model/predict.ts';
import { withValues } from '../../model/weights.ts';
import { tf } from '../../system/tensorflow.ts';
import type { WeightUpdate } from './update.ts';

/** A batch and the draw of anchors and regions. */
export type ValidationInputs = {
  batch: Batch;
  /** [2] int32; the same at every validation, so that losses can be compared */
  seed: tf.Tensor1D;
};

/** The caller disposes them. */
export type ValidationOutputs = { losses: Losses; predictions: Predictions };

/** Changes nothing. */
export type ValidationStep = (inputs: ValidationInputs) => ValidationOutputs;

/** The step of this model with the weights' averages, where the update keeps them. */
export function createValidationStep(
  model: MaskRcnn,
  { averages }: WeightUpdate,
  params: LossParams,
): ValidationStep {
  return (inputs) =>
    tf.tidy(() =>
      withValues(model.weights, averages, () => {
        const features = extractFeatures(model, inputs.batch.images, params.model);
        const losses = maskRcnnLoss(model, features, inputs, params);
        return { losses, predictions: predict(model, features, params.model) };
      }),
    );
}
