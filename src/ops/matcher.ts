/**
 * Which ground-truth box each anchor or proposal stands for. Ren et al. 2015, §3.1.2; torchvision's `Matcher`.
 *
 * N images · M ground-truth slots (padded; `valid` 1 = real) · A boxes to be matched
 */
import { tf } from '../system/tensorflow.ts';

/** For each of A boxes of N images. */
export interface Matches {
  /** [N, A] int32: 1 = building, 0 = background, -1 = ignored (between the thresholds). */
  labels: tf.Tensor2D;
  /** [N, A] int32: the ground-truth slot with the highest IoU; meaningful where labels is 1. */
  gtIndices: tf.Tensor2D;
}

/** Above any IoU: what nothing equals. */
const UNREACHABLE_IOU = 2;

/**
 * @param iou [N, M, A] ground truth against boxes
 * @param valid [N, M] 1 = real, 0 = padding
 * @param thresholds IoU >= positive is a building, < negative background, ignored between them
 * @param allowLowQuality also takes, for each ground-truth box, the boxes that overlap it best (case (i) in §3.1.2),
 *   so that no building is left without an anchor
 */
export function matchBoxes(
  iou: tf.Tensor3D,
  valid: tf.Tensor2D,
  thresholds: { positive: number; negative: number },
  allowLowQuality: boolean,
): Matches {
  const overlaps = iou.mul(valid.expandDims(2)) as tf.Tensor3D;
  const best = overlaps.max(1) as tf.Tensor2D;
  const gtIndices = overlaps.argMax(1) as tf.Tensor2D;
  let positive = best.greaterEqual(thresholds.positive);
  if (allowLowQuality) positive = positive.logicalOr(bestForSomeGroundTruth(overlaps));
  const background = best.less(thresholds.negative).logicalAnd(positive.logicalNot());
  const labels = tf
    .cast(positive, 'int32')
    .sub(tf.cast(positive.logicalOr(background).logicalNot(), 'int32')) as tf.Tensor2D;
  return { labels, gtIndices };
}

/** @returns [N, A] bool: boxes that no other box surpasses for some ground truth which they overlap at all */
function bestForSomeGroundTruth(overlaps: tf.Tensor3D): tf.Tensor {
  const bestPerGroundTruth = overlaps.max(2, true);
  const target = tf.where(bestPerGroundTruth.greater(0), bestPerGroundTruth, tf.scalar(UNREACHABLE_IOU));
  return overlaps.equal(target).any(1);
}
