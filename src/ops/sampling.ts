/**
 * Random balanced subsets of matched boxes, with static shapes. Ren et al. 2015, §3.1.3; torchvision's
 * `BalancedPositiveNegativeSampler`: up to `samples · positiveFraction` positives, the rest negatives.
 *
 * N images · A boxes · S samples · P positive slots = floor(S · positiveFraction)
 */
import { tf } from '../system/tensorflow.ts';
import { topK } from './top-k.ts';

/** How many boxes are drawn, and the largest share of positives. */
export interface SamplingOptions {
  samples: number;
  positiveFraction: number;
}

/** Number of slots that positives can take. */
export function positiveSlots({ samples, positiveFraction }: SamplingOptions): number {
  return Math.max(1, Math.floor(samples * positiveFraction));
}

/**
 * Marks the drawn boxes in place: for losses over all anchors.
 * @param labels [N, A] int32: 1 positive, 0 negative, -1 ignored
 * @param keys [N, A] uniform in [0, 1): the draw
 * @returns two [N, A] float masks, 1 = drawn; together at most `samples` an image, fewer when there are not enough
 */
export function sampleMasks(
  labels: tf.Tensor2D,
  keys: tf.Tensor2D,
  options: SamplingOptions,
): { positives: tf.Tensor2D; negatives: tf.Tensor2D } {
  const boxes = labels.shape[1];
  const wanted = Math.min(options.samples, boxes);
  const positives = drawMask(labels.equal(1), keys, Math.min(positiveSlots(options), boxes));
  const remaining = tf.scalar(wanted).sub(positives.sum(1)) as tf.Tensor1D;
  const negatives = drawMaskOf(labels.equal(0), keys, wanted, remaining);
  return { positives, negatives };
}

/**
 * Draws `samples` boxes and gives their indices, the positives first: for heads that run on fixed slots.
 * @param labels [N, A] int32
 * @param keys [N, A] uniform in [0, 1)
 * @returns indices [N, S] int32 and drawn [N, S] float, 0 where a slot could not be filled; S = min(samples, A)
 */
export function sampleIndices(
  labels: tf.Tensor2D,
  keys: tf.Tensor2D,
  options: SamplingOptions,
): { indices: tf.Tensor2D; drawn: tf.Tensor2D } {
  const boxes = labels.shape[1];
  const isDrawn = drawMask(labels.equal(1), keys, Math.min(positiveSlots(options), boxes));
  const isNegative = tf.cast(labels.equal(0), 'float32');
  const rank = isDrawn.mul(keys.add(2)).add(isNegative.mul(keys.add(1)));
  const { values, indices } = topK(rank as tf.Tensor2D, Math.min(options.samples, boxes));
  return { indices, drawn: tf.cast(values.greater(0), 'float32') as tf.Tensor2D };
}

/** At most `count` of the candidates, those with the largest keys. [N, A] bool → [N, A] float. */
function drawMask(candidates: tf.Tensor, keys: tf.Tensor2D, count: number): tf.Tensor2D {
  const ranked = rankedKeys(candidates, keys);
  const threshold = topK(ranked, count).values.slice([0, count - 1], [-1, 1]);
  return selected(ranked, threshold);
}

/** As `drawMask`, with a number of its own for each image: `counts` [N], each at most `maxCount`. */
function drawMaskOf(
  candidates: tf.Tensor,
  keys: tf.Tensor2D,
  maxCount: number,
  counts: tf.Tensor1D,
): tf.Tensor2D {
  const ranked = rankedKeys(candidates, keys);
  const sorted = topK(ranked, maxCount).values;
  const isLast = tf.oneHot(tf.cast(counts.sub(1), 'int32'), maxCount);
  const threshold = sorted.mul(isLast).sum(1, true);
  const none = tf.cast(counts.lessEqual(0), 'float32').expandDims(1).mul(Number.MAX_SAFE_INTEGER);
  return selected(ranked, threshold.add(none));
}

/** Candidates get a key in [1, 2), all others 0. */
function rankedKeys(candidates: tf.Tensor, keys: tf.Tensor2D): tf.Tensor2D {
  return tf.cast(candidates, 'float32').mul(keys.add(1)) as tf.Tensor2D;
}

function selected(ranked: tf.Tensor2D, threshold: tf.Tensor): tf.Tensor2D {
  return tf.cast(ranked.greaterEqual(threshold.maximum(1)), 'float32') as tf.Tensor2D;
}
