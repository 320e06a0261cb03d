/**
 * Greedy non-maximum suppression with results of fixed size.
 *
 * N images · K candidate boxes · R results
 */
import { tf } from '../system/tensorflow.ts';

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
 * Keeps boxes in the order of their scores, dropping each that overlaps a kept box of the same group by more than
 * the threshold. Groups (pyramid levels, classes) are kept apart by shifting their boxes, as torchvision's `batched_nms`.
 * @param boxes [N, K, 4]
 * @param scores [N, K]; boxes with `EXCLUDED_SCORE` are never kept
 * @param groups [K] or [N, K] float group numbers, or null when all boxes compete
 * @param options.extent pixels: larger than any coordinate
 * @param options.maxResults R
 */
export function paddedNms(
  boxes: tf.Tensor3D,
  scores: tf.Tensor2D,
  groups: tf.Tensor | null,
  options: { iouThreshold: number; maxResults: number; extent: number },
): Kept {
  const shifted = groups === null ? boxes : boxes.add(groups.mul(2 * options.extent).expandDims(-1));
  const perImage = tf.unstack(shifted as tf.Tensor3D).map((imageBoxes, n) => {
    const imageScores = scores.slice([n, 0], [1, -1]).squeeze([0]) as tf.Tensor1D;
    return keepInImage(imageBoxes as tf.Tensor2D, imageScores, options);
  });
  return {
    indices: tf.stack(perImage.map(({ indices }) => indices)) as tf.Tensor2D,
    valid: tf.stack(perImage.map(({ valid }) => valid)) as tf.Tensor2D,
  };
}

function keepInImage(
  boxes: tf.Tensor2D,
  scores: tf.Tensor1D,
  options: { iouThreshold: number; maxResults: number },
): { indices: tf.Tensor1D; valid: tf.Tensor1D } {
  // tfjs cuts the number of results to the number of boxes; the rest is filled up here.
  const results = Math.min(options.maxResults, boxes.shape[0]);
  const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(
    boxes,
    scores,
    results,
    options.iouThreshold,
    EXCLUDED_SCORE / 2,
    true,
  ) as { selectedIndices: tf.Tensor1D; validOutputs: tf.Scalar };
  const valid = tf.range(0, options.maxResults, 1, 'int32').less(validOutputs);
  return {
    indices: tf.pad(selectedIndices, [[0, options.maxResults - results]]),
    valid: tf.cast(valid, 'float32') as tf.Tensor1D,
  };
}
