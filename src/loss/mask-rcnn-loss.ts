/**
 * The multi-task loss. He et al. 2017, §3, with focal and Dice terms for the mask in place of plain cross-entropy.
 * A pure function with static shapes: weights and inputs in, scalars out; no value is read on the way.
 *
 * N images · A anchors · R sampled regions · Q mask regions
 */
import type { Batch } from '../data/batch.ts';
import type { Features } from '../model/features.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import type { Proposals } from '../ops/proposals.ts';
import { statelessUniform } from '../ops/random.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import { boxLoss } from './box-loss.ts';
import type { Losses, LossParams } from './losses.ts';
import { maskLoss } from './mask-loss.ts';
import { rpnLoss } from './rpn-loss.ts';
import { type AnchorTargets, assignAnchors, type RegionTargets, sampleRegions } from './targets.ts';

/** What the loss is measured on. */
export interface LossInputs {
  batch: Batch;
  /** [2] int32: the draw of anchors and regions */
  seed: tf.Tensor1D;
}

/** @param features of the batch's images */
export function maskRcnnLoss(
  model: MaskRcnn,
  { pyramid, rpn, proposals }: Features,
  inputs: LossInputs,
  params: LossParams,
): Losses {
  const rpnTerms = rpnLoss(rpn, anchorTargets(model, inputs, params), params);
  const targets = regionTargets(proposals, inputs, params);
  const boxTerms = boxLoss(model.boxHead(pyramid, targets.regions), targets, params);
  const maskTerms = maskLoss(model.maskHead(pyramid, targets.maskRegions), targets, inputs.batch, params);
  const terms = { ...rpnTerms, ...boxTerms, ...maskTerms };
  return { ...terms, total: weightedTotal(terms, params.loss) };
}

function anchorTargets(
  model: MaskRcnn,
  { batch, seed }: LossInputs,
  { model: options }: LossParams,
): AnchorTargets {
  const keys = statelessUniform<tf.Rank.R2>([batch.images.shape[0], model.anchors.boxes.shape[0]], seed);
  return assignAnchors(model.anchors.boxes, batch, keys, {
    positiveIou: options.rpn.positive_iou,
    negativeIou: options.rpn.negative_iou,
    lowQualityMatches: options.rpn.low_quality_matches,
    boxWeights: options.rpn.box_weights,
    samples: options.rpn.samples,
    positiveFraction: options.rpn.positive_fraction,
  });
}

function regionTargets(
  proposals: Proposals,
  { batch, seed }: LossInputs,
  { model: options }: LossParams,
): RegionTargets {
  const [N, M] = batch.valid.shape;
  const keys = statelessUniform<tf.Rank.R2>(
    [N, proposals.boxes.shape[1] + M],
    seed.add(tf.scalar(1, 'int32')),
  );
  return sampleRegions(proposals, batch, keys, {
    positiveIou: options.roi.positive_iou,
    negativeIou: options.roi.negative_iou,
    boxWeights: options.roi.box_weights,
    samples: options.roi.samples,
    positiveFraction: options.roi.positive_fraction,
    maskSlots: options.roi.mask_samples,
  });
}

function weightedTotal(terms: Omit<Losses, 'total'>, weights: Params['loss']): tf.Scalar {
  return tf.addN([
    terms.objectness.mul(weights.objectness_weight),
    terms.rpnBox.mul(weights.rpn_box_weight),
    terms.class.mul(weights.class_weight),
    terms.box.mul(weights.box_weight),
    terms.focal.mul(weights.focal_weight),
    terms.dice.mul(weights.dice_weight),
  ]) as tf.Scalar;
}
