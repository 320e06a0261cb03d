/**
 * The terms of the box head. Girshick 2015, §2.3 — https://arxiv.org/abs/1504.08083
 *
 * R sampled regions · K classes
 */
import type { BoxOutput } from '../model/heads.ts';
import { buildingOf, CLASSES } from '../ops/classes.ts';
import { tf } from '../system/tensorflow.ts';
import type { Losses, LossParams } from './losses.ts';
import { smoothL1 } from './smooth-l1.ts';
import { softmaxFocalLoss } from './softmax-focal.ts';
import type { RegionTargets } from './targets.ts';
import { weightedMean } from './weighted-mean.ts';

/**
 * Class: mean cross-entropy or focal loss over the sampled regions. Boxes: sum over the positives, divided by the same
 * number.
 */
export function boxLoss(
  output: BoxOutput,
  targets: RegionTargets,
  { loss }: LossParams,
): Pick<Losses, 'class' | 'box'> {
  const deltas = buildingOf(output.boxDeltas, 1);
  const distance = smoothL1(deltas, targets.boxDeltas, loss.smooth_l1_beta).sum(1);
  const sampledCount = targets.sampled.sum();
  return {
    class: weightedMean(
      classLoss(output.classLogits, targets.positives, loss),
      targets.sampled,
      sampledCount,
    ),
    box: weightedMean(distance, targets.positives, sampledCount),
  };
}

/** [R, K], [R] → [R] */
function classLoss(logits: tf.Tensor2D, positives: tf.Tensor1D, loss: LossParams['loss']): tf.Tensor {
  const labels = tf.oneHot(tf.cast(positives, 'int32'), CLASSES) as tf.Tensor2D;
  if (loss.class === 'cross_entropy') return tf.logSoftmax(logits).mul(labels).sum(1).neg();
  return softmaxFocalLoss(logits, labels, { gamma: loss.region_focal_gamma, alpha: loss.region_focal_alpha });
}
