/**
 * The multi-task loss. He et al. 2017, §3, with focal and Dice terms for the mask in place of plain cross-entropy.
 * A pure function with static shapes: weights and inputs in, scalars out; no value is read on the way.
 *
 * N images · A anchors · R sampled regions · Q mask regions · K classes · S side of a mask
 */
import type { Batch } from '../data/batch.ts';
import type { Features } from '../model/features.ts';
import type { BoxOutput, RpnOutput } from '../model/heads.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import { buildingOf, CLASSES } from '../ops/classes.ts';
import { maskTargets } from '../ops/instance-masks.ts';
import type { Proposals } from '../ops/proposals.ts';
import { statelessUniform } from '../ops/random.ts';
import { positiveSlots } from '../ops/sampling.ts';
import { sigmoidCrossEntropy } from '../ops/sigmoid-cross-entropy.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import { diceLoss } from './dice.ts';
import { focalLoss } from './focal.ts';
import { smoothL1 } from './smooth-l1.ts';
import { type AnchorTargets, assignAnchors, type RegionTargets, sampleRegions } from './targets.ts';
import { weightedMean } from './weighted-mean.ts';

/** The terms before their weights, and their weighted sum. All scalars. */
export type Losses = {
  objectness: tf.Scalar;
  rpnBox: tf.Scalar;
  class: tf.Scalar;
  box: tf.Scalar;
  focal: tf.Scalar;
  dice: tf.Scalar;
  total: tf.Scalar;
};

/** Params that the loss reads. */
export type LossParams = Pick<Params, 'model' | 'loss'>;

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
  const rpnTerms = rpnLoss(rpn, anchorTargets(model, inputs, params));
  const targets = regionTargets(proposals, inputs, params);
  const boxTerms = boxLoss(model.boxHead(pyramid, targets.regions), targets);
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
  const sampling = { samples: options.roi.samples, positiveFraction: options.roi.positive_fraction };
  return sampleRegions(proposals, batch, keys, {
    ...sampling,
    positiveIou: options.roi.positive_iou,
    negativeIou: options.roi.positive_iou,
    maskSlots: positiveSlots(sampling),
  });
}

/** Objectness: mean over the sampled anchors. Boxes: sum over the positives, divided by the same number. */
function rpnLoss(rpn: RpnOutput, targets: AnchorTargets): Pick<Losses, 'objectness' | 'rpnBox'> {
  const sampled = targets.positives.add(targets.negatives);
  const objectness = weightedMean(sigmoidCrossEntropy(rpn.logits, targets.positives), sampled);
  const distance = smoothL1(rpn.boxDeltas, targets.boxDeltas).sum(2);
  return { objectness, rpnBox: weightedMean(distance, targets.positives, sampled.sum()) };
}

/** Class: mean cross-entropy over the sampled regions. Boxes: sum over the positives, divided by the same number. */
function boxLoss(output: BoxOutput, targets: RegionTargets): Pick<Losses, 'class' | 'box'> {
  const labels = tf.oneHot(tf.cast(targets.positives, 'int32'), CLASSES);
  const crossEntropy = tf.logSoftmax(output.classLogits).mul(labels).sum(1).neg();
  const deltas = buildingOf(output.boxDeltas, 1);
  const distance = smoothL1(deltas, targets.boxDeltas).sum(1);
  const sampledCount = targets.sampled.sum();
  return {
    class: weightedMean(crossEntropy, targets.sampled, sampledCount),
    box: weightedMean(distance, targets.positives, sampledCount),
  };
}

/** Mean over the positive regions of the focal term (mean over pixels) and of the Dice term. */
function maskLoss(
  logits: tf.Tensor4D,
  targets: RegionTargets,
  batch: Batch,
  { loss }: LossParams,
): Pick<Losses, 'focal' | 'dice'> {
  const S = logits.shape[1];
  const K = batch.masks.shape[2];
  const building = buildingOf(logits, 3);
  const stored = batch.masks.reshape([-1, K, K]) as tf.Tensor3D;
  const assigned = { boxes: targets.maskRegions.boxes, gtBoxes: targets.maskGtBoxes, rows: targets.maskRows };
  const truth = maskTargets(stored, assigned, S);
  const focal = focalLoss(building, truth, { gamma: loss.focal_gamma, alpha: loss.focal_alpha }).mean([1, 2]);
  return {
    focal: weightedMean(focal, targets.maskPositives),
    dice: weightedMean(diceLoss(building, truth), targets.maskPositives),
  };
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
