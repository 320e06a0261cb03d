/**
 * The terms of the mask head: focal and Dice in place of He et al.'s plain cross-entropy.
 *
 * Q mask regions · S side of a mask · K side of the stored instance masks
 */
import type { Batch } from '../data/batch.ts';
import { buildingOf } from '../ops/classes.ts';
import { maskTargets } from '../ops/instance-masks.ts';
import type { tf } from '../system/tensorflow.ts';
import { diceLoss } from './dice.ts';
import { focalLoss } from './focal.ts';
import type { Losses, LossParams } from './losses.ts';
import type { RegionTargets } from './targets.ts';
import { weightedMean } from './weighted-mean.ts';

/** Mean over the positive regions of the focal term (mean over pixels) and of the Dice term. */
export function maskLoss(
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
