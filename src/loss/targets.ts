/**
 * What the network should have said: ground truth assigned to anchors and to sampled regions.
 * Ren et al. 2015, §3.1.2; torchvision's `assign_targets_to_anchors` and `select_training_samples`.
 *
 * N images · M ground-truth slots · A anchors · P proposals · S sampled regions of an image, positives first; the
 * first Q are the mask head's · R = N·S
 */
import type { Batch } from '../data/batch.ts';
import { type BoxWeights, encodeBoxes } from '../ops/box-coder.ts';
import { boxIou } from '../ops/boxes.ts';
import { gatherRows } from '../ops/gather.ts';
import { matchBoxes } from '../ops/matcher.ts';
import type { Proposals } from '../ops/proposals.ts';
import { flattenRegions, type Regions } from '../ops/roi-align.ts';
import { type SamplingOptions, sampleIndices, sampleMasks } from '../ops/sampling.ts';
import { tf } from '../system/tensorflow.ts';

/** IoU thresholds, sampling and box coding of one stage. */
export interface AssignOptions extends SamplingOptions {
  positiveIou: number;
  negativeIou: number;
  boxWeights: BoxWeights;
}

/** The RPN's targets. */
export interface AnchorTargets {
  /** [N, A] int32, before sampling: 1 = building, 0 = background, -1 = ignored */
  labels: tf.Tensor2D;
  /** [N, A] 1 = sampled as building */
  positives: tf.Tensor2D;
  /** [N, A] 1 = sampled as background */
  negatives: tf.Tensor2D;
  /** [N, A, 4], meaningful where positives is 1 */
  boxDeltas: tf.Tensor3D;
}

/**
 * @param anchors [A, 4]
 * @param keys [N, A] uniform random
 * @param options.lowQualityMatches whether a building's best anchors stand for it however little they overlap it
 */
export function assignAnchors(
  anchors: tf.Tensor2D,
  batch: Batch,
  keys: tf.Tensor2D,
  options: AssignOptions & { lowQualityMatches: boolean },
): AnchorTargets {
  const iou = boxIou(batch.boxes, anchors.expandDims(0)) as tf.Tensor3D;
  const thresholds = { positive: options.positiveIou, negative: options.negativeIou };
  const { labels, gtIndices } = matchBoxes(iou, batch.valid, thresholds, options.lowQualityMatches);
  const { positives, negatives } = sampleMasks(labels, keys, options);
  const gtBoxes = gatherRows(batch.boxes, gtIndices);
  const boxDeltas = encodeBoxes(gtBoxes, anchors, options.boxWeights) as tf.Tensor3D;
  return { labels, positives, negatives, boxDeltas };
}

/** Sampled regions of all images with their targets; the mask head sees the first Q slots of each image. */
export interface RegionTargets {
  /** R regions */
  regions: Regions;
  /** [R] 1 = a real region, 0 = an unused slot */
  sampled: tf.Tensor1D;
  /** [R] 1 = building, 0 = background or unused */
  positives: tf.Tensor1D;
  /** [R, 4], meaningful where positives is 1 */
  boxDeltas: tf.Tensor2D;
  /** N·Q regions: the first slots of positives, which are in random order */
  maskRegions: Regions;
  /** [N·Q] 1 = building */
  maskPositives: tf.Tensor1D;
  /** [N·Q, 4] pixels: box of the building that each of these regions stands for */
  maskGtBoxes: tf.Tensor2D;
  /** [N·Q] int32: row of that building among N·M */
  maskRows: tf.Tensor1D;
}

/**
 * Samples regions among the proposals and the ground truth itself (so that the heads see buildings from the first step).
 * @param keys [N, P + M] uniform random
 * @param options.maskSlots Q, at most the slots of positives
 */
export function sampleRegions(
  proposals: Proposals,
  batch: Batch,
  keys: tf.Tensor2D,
  options: AssignOptions & { maskSlots: number },
): RegionTargets {
  const candidates = tf.concat([proposals.boxes, batch.boxes], 1) as tf.Tensor3D;
  const real = tf.concat([proposals.valid, batch.valid], 1) as tf.Tensor2D;
  const iou = boxIou(batch.boxes, candidates) as tf.Tensor3D;
  const thresholds = { positive: options.positiveIou, negative: options.negativeIou };
  const matches = matchBoxes(iou, batch.valid, thresholds, false);
  const labels = tf.where(real.greater(0), matches.labels, tf.onesLike(matches.labels).neg()) as tf.Tensor2D;
  const { indices, drawn } = sampleIndices(labels, keys, options);
  const boxes = gatherRows(candidates, indices);
  const gtIndices = gatherRows(matches.gtIndices, indices);
  const gtBoxes = gatherRows(batch.boxes, gtIndices);
  const positives = tf.cast(gatherRows(labels, indices).equal(1), 'float32').mul(drawn) as tf.Tensor2D;
  const boxDeltas = encodeBoxes(gtBoxes, boxes, options.boxWeights) as tf.Tensor3D;
  const head = <T extends tf.Tensor>(x: T) => firstSlots(x, options.maskSlots);
  return {
    regions: flattenRegions(boxes),
    sampled: drawn.flatten(),
    positives: positives.flatten(),
    boxDeltas: boxDeltas.reshape([-1, 4]),
    maskRegions: flattenRegions(head(boxes)),
    maskPositives: head(positives).flatten(),
    maskGtBoxes: head(gtBoxes).reshape([-1, 4]),
    maskRows: rowsOfAll(head(gtIndices), batch.boxes.shape[1]),
  };
}

function firstSlots<T extends tf.Tensor>(x: T, slots: number): T {
  const begin = x.shape.map(() => 0);
  const size = x.shape.map((length, axis) => (axis === 1 ? Math.min(slots, length) : length));
  return tf.slice(x, begin, size) as T;
}

/** Index within an image → index among all images' slots. [N, Q] → [N·Q] */
function rowsOfAll(indices: tf.Tensor2D, slots: number): tf.Tensor1D {
  const offsets = tf.range(0, indices.shape[0], 1, 'int32').mul(tf.scalar(slots, 'int32')).expandDims(1);
  return indices.add(offsets).flatten();
}
