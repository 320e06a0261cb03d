/**
 * The terms of the mask head: focal and Dice in place of He et al.'s plain cross-entropy.
 *
 * Q mask regions · S side of a mask · K side of the stored instance masks
 */
import type { Batch } from '../data/batch.ts';
import { buildingOf } from '../ops/classes.ts';
import { type AssignedRegions, maskTargets } from '../ops/instance-masks.ts';
import { tf } from '../system/tensorflow.ts';
import { boundaryWeight } from './boundary-weight.ts';
import { cellMean } from './cell-mean.ts';
import { diceLoss } from './dice.ts';
import { focalLoss } from './focal.ts';
import type { Losses, LossParams } from './losses.ts';
import type { RegionTargets } from './targets.ts';
import { touchingWeight } from './touching-weight.ts';
import { weightedMean } from './weighted-mean.ts';

/** Mean over the positive regions of the focal term (mean over cells) and of the Dice term. */
export function maskLoss(
  logits: tf.Tensor4D,
  targets: RegionTargets,
  batch: Batch,
  { loss }: LossParams,
): Pick<Losses, 'focal' | 'dice'> {
  const S = logits.shape[1];
  const building = buildingOf(logits, 3);
  const truth = maskTargets(storedMasks(batch), assignedRegions(targets), S);
  const weights = cellWeights(targets, batch, S, loss);
  const focal = focalLoss(building, truth, { gamma: loss.focal_gamma, alpha: loss.focal_alpha });
  const dice = diceLoss(building, truth, { smooth: loss.dice_smooth, weights });
  return {
    focal: weightedMean(cellMean(focal, weights), targets.maskPositives),
    dice: weightedMean(dice, targets.maskPositives),
  };
}

/**
 * 1 + boundary_weight · (beside the outline) + touching_weight · (between touching buildings).
 * @returns [Q, S, S] >= 1; null where both weights are 0, and then nothing is computed
 */
function cellWeights(
  targets: RegionTargets,
  batch: Batch,
  size: number,
  loss: LossParams['loss'],
): tf.Tensor3D | null {
  const terms: tf.Tensor3D[] = [];
  if (loss.boundary_weight > 0) {
    const band = { size, width: loss.boundary_width, imageSize: batch.images.shape[1] };
    const atOutline = boundaryWeight(storedMasks(batch), assignedRegions(targets), band);
    terms.push(atOutline.mul(loss.boundary_weight));
  }
  if (loss.touching_weight > 0) {
    terms.push(touchingWeight(batch.touching, targets.maskRegions, size).mul(loss.touching_weight));
  }
  return terms.length === 0 ? null : tf.addN(terms).add(1);
}

function assignedRegions(targets: RegionTargets): AssignedRegions {
  return { boxes: targets.maskRegions.boxes, gtBoxes: targets.maskGtBoxes, rows: targets.maskRows };
}

/** [N·M, K, K] */
function storedMasks({ masks }: Batch): tf.Tensor3D {
  const K = masks.shape[2];
  return masks.reshape([-1, K, K]);
}
