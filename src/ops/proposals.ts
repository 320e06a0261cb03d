/**
 * From the RPN's outputs to proposals. Ren et al. 2015, §3.1; order of steps as torchvision's `filter_proposals`.
 *
 * N images · A anchors in all, level after level · P proposals
 */
import { tf } from '../system/tensorflow.ts';
import { type BoxCoding, decodeBoxes } from './box-coder.ts';
import { clipBoxes, type Extent, isThin } from './boxes.ts';
import { gatherRows } from './gather.ts';
import { EXCLUDED_SCORE, paddedNms } from './nms.ts';
import { topK } from './top-k.ts';

/** Proposals of fixed number; padding has `valid` 0 and a box that must be ignored. */
export interface Proposals {
  /** [N, P, 4] pixels, clipped to the image. */
  boxes: tf.Tensor3D;
  /** [N, P] 1 = real. */
  valid: tf.Tensor2D;
}

/** The anchors of all levels. */
export interface AnchorSet {
  /** [A, 4] pixels, fine levels first */
  boxes: tf.Tensor2D;
  /** Number of anchors on each level; sums to A. */
  perLevel: readonly number[];
}

/** How many proposals are kept, which, and where. */
export interface ProposalOptions {
  preNmsTopK: number;
  postNmsTopK: number;
  /** 0 to below 1: less probable proposals are dropped. */
  scoreThreshold: number;
  /** Pixels: lower or narrower proposals are dropped. */
  minSize: number;
  nmsThreshold: number;
  boxCoding: BoxCoding;
  /** Of the image: proposals are clipped to it. */
  clip: Extent;
}

/**
 * Keeps the best anchors of each level, decodes and clips them, and removes overlapping ones level by level.
 * @param output.logits [N, A] objectness
 * @param output.boxDeltas [N, A, 4]
 */
export function selectProposals(
  output: { logits: tf.Tensor2D; boxDeltas: tf.Tensor3D },
  anchors: AnchorSet,
  options: ProposalOptions,
): Proposals {
  const best = topAnchors(output.logits, anchors.perLevel, options.preNmsTopK);
  const references = tf.gather(anchors.boxes, best.indices);
  const decoded = decodeBoxes(gatherRows(output.boxDeltas, best.indices), references, options.boxCoding);
  const boxes = clipBoxes(decoded, options.clip) as tf.Tensor3D;
  const scores = rankedScores(best.logits, boxes, options);
  const kept = paddedNms(boxes, scores, best.levels, {
    iouThreshold: options.nmsThreshold,
    maxResults: options.postNmsTopK,
    extent: Math.max(...options.clip),
  });
  return { boxes: gatherRows(boxes, kept.indices), valid: kept.valid };
}

/** The `limit` highest logits of each level: their indices among all anchors, and the level of each as a number. */
function topAnchors(logits: tf.Tensor2D, anchorsPerLevel: readonly number[], limit: number) {
  const parts = tf.split(logits, [...anchorsPerLevel], 1);
  let offset = 0;
  const found = parts.map((part, level) => {
    const k = Math.min(limit, part.shape[1]!);
    const { values, indices } = topK(part as tf.Tensor2D, k);
    const result = { values, indices: indices.add(tf.scalar(offset, 'int32')), levels: tf.fill([k], level) };
    offset += part.shape[1]!;
    return result;
  });
  return {
    logits: tf.concat(
      found.map(({ values }) => values),
      1,
    ) as tf.Tensor2D,
    indices: tf.concat(
      found.map(({ indices }) => indices),
      1,
    ) as tf.Tensor2D,
    levels: tf.concat(found.map(({ levels }) => levels)) as tf.Tensor1D,
  };
}

/** The logits, but `EXCLUDED_SCORE` for what must not be kept; a limit of 0 costs nothing. */
function rankedScores(
  logits: tf.Tensor2D,
  boxes: tf.Tensor3D,
  { scoreThreshold, minSize }: ProposalOptions,
): tf.Tensor2D {
  // σ(logit) < p, without the σ
  const lowestLogit = Math.log(scoreThreshold / (1 - scoreThreshold));
  const dropped = [
    ...(minSize > 0 ? [isThin(boxes, minSize)] : []),
    ...(scoreThreshold > 0 ? [logits.less(lowestLogit)] : []),
  ];
  if (dropped.length === 0) return logits;
  const excluded = dropped.reduce((any, one) => any.logicalOr(one));
  return tf.where(excluded, tf.fill(logits.shape, EXCLUDED_SCORE), logits) as tf.Tensor2D;
}
