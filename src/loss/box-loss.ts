/**
 * The terms of the box head. Girshick 2015, §2.3 — https://arxiv.org/abs/1504.08083
 *
 * R sampled regions · K classes
 */
import type { BoxOutput } from '../model/heads.ts';
import { buildingOf, CLASSES } from '../ops/classes.ts';
import { tf } from '../system/tensorflow.ts';
import type { Losses } from './losses.ts';
import { smoothL1 } from './smooth-l1.ts';
import type { RegionTargets } from './targets.ts';
import { weightedMean } from './weighted-mean.ts';

/** Class: mean cross-entropy over the sampled regions. Boxes: sum over the positives, divided by the same number. */
export function boxLoss(output: BoxOutput, targets: RegionTargets): Pick<Losses, 'class' | 'box'> {
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
