/**
 * Greedy non-maximum suppression with results of fixed size.
 *
 * N images · K candidate boxes · R results
 */
import { tf } from '../system/tensorflow.ts';
import { DT_FLOAT, runKernelMulti } from './kernel.ts';

/** Lower than any score: marks boxes that must not be kept. */
export const EXCLUDED_SCORE = -1e9;

/** Results of fixed size. */
export interface Kept {
  /** [N, R] int32, indices into the candidates in the order of their scores; 0 in unused slots. */
  indices: tf.Tensor2D;
  /** [N, R] float, 1 = a kept box, 0 = an unused slot. */
  valid: tf.Tensor2D;
}

/**
 * Keeps boxes in the order of their scores (of equal scores the first comes first), dropping each that overlaps a kept
 * box of the same group by more than the threshold. Groups (pyramid levels, classes) are kept apart by shifting their
 * boxes, as torchvision's `batched_nms`.
 * @param boxes [N, K, 4]
 * @param scores [N, K]; boxes with `EXCLUDED_SCORE` are never kept
 * @param groups [K] or [N, K] float group numbers, or null when all boxes compete
 * @param options.extent pixels: larger than any coordinate
 * @param options.maxResults R, also larger than K
 */
export function paddedNms(
  boxes: tf.Tensor3D,
  scores: tf.Tensor2D,
  groups: tf.Tensor | null,
  options: { iouThreshold: number; maxResults: number; extent: number },
): Kept {
  const shifted = groups === null ? boxes : boxes.add(groups.mul(2 * options.extent).expandDims(-1));
  const limits = [
    tf.scalar(options.maxResults, 'int32'),
    tf.scalar(options.iouThreshold),
    tf.scalar(EXCLUDED_SCORE / 2),
  ];
  const scoresOf = tf.unstack(scores);
  const kept = tf.unstack(shifted).map((imageBoxes, n) => keepInImage([imageBoxes, scoresOf[n]!, ...limits]));
  const counts = tf.stack(kept.map(({ count }) => count)).expandDims(1);
  const slots = tf.range(0, options.maxResults, 1, 'int32').expandDims(0);
  return {
    indices: tf.stack(kept.map(({ indices }) => indices)) as tf.Tensor2D,
    valid: tf.cast(slots.less(counts), 'float32') as tf.Tensor2D,
  };
}

/**
 * TensorFlow's kernel itself: `tf.image.nonMaxSuppressionPadded` would cut the number of results to that of the boxes.
 * @param inputs boxes [K, 4], scores [K], and the three limits
 */
function keepInImage(inputs: readonly tf.Tensor[]): { indices: tf.Tensor; count: tf.Tensor } {
  const attributes = {
    T: { type: DT_FLOAT },
    T_threshold: { type: DT_FLOAT },
    pad_to_max_output_size: { bool: true },
  };
  const [indices, count] = runKernelMulti('NonMaxSuppressionV4', inputs, attributes, 2);
  return { indices: indices!, count: count! };
}
