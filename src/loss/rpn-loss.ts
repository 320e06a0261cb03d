/**
 * The terms of the region proposal network. Ren et al. 2015, §3.1.2 — https://arxiv.org/abs/1506.01497
 */
import type { RpnOutput } from '../model/heads.ts';
import { sigmoidCrossEntropy } from '../ops/sigmoid-cross-entropy.ts';
import type { Losses } from './losses.ts';
import { smoothL1 } from './smooth-l1.ts';
import type { AnchorTargets } from './targets.ts';
import { weightedMean } from './weighted-mean.ts';

/** Objectness: mean over the sampled anchors. Boxes: sum over the positives, divided by the same number. */
export function rpnLoss(rpn: RpnOutput, targets: AnchorTargets): Pick<Losses, 'objectness' | 'rpnBox'> {
  const sampled = targets.positives.add(targets.negatives);
  const objectness = weightedMean(sigmoidCrossEntropy(rpn.logits, targets.positives), sampled);
  const distance = smoothL1(rpn.boxDeltas, targets.boxDeltas).sum(2);
  return { objectness, rpnBox: weightedMean(distance, targets.positives, sampled.sum()) };
}
