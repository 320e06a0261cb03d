/**
 * The terms of the region proposal network. Ren et al. 2015, §3.1.2 — https://arxiv.org/abs/1506.01497
 */
import type { RpnOutput } from '../model/heads.ts';
import { sigmoidCrossEntropy } from '../ops/sigmoid-cross-entropy.ts';
import { focalObjectness } from './focal-objectness.ts';
import type { Losses, LossParams } from './losses.ts';
import { smoothL1 } from './smooth-l1.ts';
import type { AnchorTargets } from './targets.ts';
import { weightedMean } from './weighted-mean.ts';

/**
 * Objectness: mean cross-entropy over the sampled anchors, or focal loss over all. Boxes: sum over the sampled positives,
 * divided by the number of sampled anchors.
 */
export function rpnLoss(
  rpn: RpnOutput,
  targets: AnchorTargets,
  { loss }: LossParams,
): Pick<Losses, 'objectness' | 'rpnBox'> {
  const sampled = targets.positives.add(targets.negatives);
  const distance = smoothL1(rpn.boxDeltas, targets.boxDeltas, loss.smooth_l1_beta).sum(2);
  return {
    objectness:
      loss.objectness === 'cross_entropy'
        ? weightedMean(sigmoidCrossEntropy(rpn.logits, targets.positives), sampled)
        : focalObjectness(rpn.logits, targets.labels, {
            gamma: loss.region_focal_gamma,
            alpha: loss.region_focal_alpha,
          }),
    rpnBox: weightedMean(distance, targets.positives, sampled.sum()),
  };
}
