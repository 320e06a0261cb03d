/**
 * One training step as a pure function of its inputs and the variables it reads: forward, losses, gradients, clipping,
 * update. Static shapes, no value read, no random number drawn outside: it can be run op by op or compiled to a graph.
 */
import type { Batch } from '../data/batch.ts';
import { type Losses, type LossParams, maskRcnnLoss } from '../loss/mask-rcnn-loss.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import type { Optimizer } from './optimizer.ts';

/** Everything that differs from step to step. */
export interface StepInputs {
  batch: Batch;
  /** scalar > 0 */
  learningRate: tf.Scalar;
  /** scalar, 1 for the first step */
  step: tf.Scalar;
  /** [2] int32: the draw of anchors and regions */
  seed: tf.Tensor1D;
}

/** Scalars that the step reports. */
export type StepOutputs = Losses & {
  /** Norm of the gradient over all weights, before clipping. */
  gradientNorm: tf.Scalar;
};

/** Updates the model's weights; the caller disposes the outputs. */
export type TrainStep = (inputs: StepInputs) => StepOutputs;

/** The step of this model with this optimizer. */
export function createTrainStep(
  model: MaskRcnn,
  optimizer: Optimizer,
  params: LossParams & { train: Pick<Params['train'], 'gradient_clip_norm'> },
): TrainStep {
  const names = [...model.weights.variables.keys()];
  const variables = [...model.weights.variables.values()];
  return ({ batch, learningRate, step, seed }) =>
    tf.tidy(() => {
      let losses: Losses | undefined;
      const { grads } = tf.variableGrads(() => {
        losses = maskRcnnLoss(model, batch, seed, params);
        for (const loss of Object.values(losses)) tf.keep(loss);
        return losses.total;
      }, variables);
      const gradients = names.map((_, i) => grads[variables[i]!.name]!);
      const { clipped, norm } = clipByGlobalNorm(gradients, params.train.gradient_clip_norm);
      optimizer.apply(new Map(names.map((name, i) => [name, clipped[i]!])), learningRate, step);
      return { ...losses!, gradientNorm: norm };
    });
}

/**
 * Scales all gradients by one factor so that their joint norm is at most `maxNorm`. Pascanu et al. 2013, algorithm 1
 * — https://arxiv.org/abs/1211.5063
 */
export function clipByGlobalNorm(
  gradients: readonly tf.Tensor[],
  maxNorm: number,
): { clipped: tf.Tensor[]; norm: tf.Scalar } {
  const norm = tf.addN(gradients.map((gradient) => gradient.square().sum())).sqrt() as tf.Scalar;
  const factor = tf.scalar(maxNorm).div(norm.maximum(maxNorm));
  return { clipped: gradients.map((gradient) => gradient.mul(factor)), norm };
}
