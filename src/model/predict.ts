/**
 * From features to detections, with static shapes. torchvision's `postprocess_detections`: score, decode, clip, drop,
 * non-maximum suppression, then masks for what is left.
 *
 * N images · P proposals · D = detection.max_detections · S side of a mask
 */
import { decodeBoxes } from '../ops/box-coder.ts';
import { clipBoxes, isThin } from '../ops/boxes.ts';
import { buildingOf } from '../ops/classes.ts';
import { gatherRows } from '../ops/gather.ts';
import { EXCLUDED_SCORE, paddedNms } from '../ops/nms.ts';
import type { Proposals } from '../ops/proposals.ts';
import { flattenRegions } from '../ops/roi-align.ts';
import type { Params } from '../params/schema.ts';
import { tf } from '../system/tensorflow.ts';
import type { Features } from './features.ts';
import type { MaskRcnn } from './mask-rcnn.ts';

/** Detections of fixed number, best first; slots with `valid` 0 are padding. */
export type Predictions = {
  /** [N, D, 4] [y1, x1, y2, x2] pixels of the canvas, clipped to the image in it */
  boxes: tf.Tensor3D;
  /** [N, D] 0–1 */
  scores: tf.Tensor2D;
  /** [N, D] 1 = a detection */
  valid: tf.Tensor2D;
  /** [N, D, S, S] probability of "building" in the frame of each box */
  masks: tf.Tensor4D;
};

/** @param features of N images; call it in a `tf.tidy` or a compiled function */
export function predict(
  model: MaskRcnn,
  { pyramid, proposals }: Features,
  params: Params['model'],
): Predictions {
  const { boxes, scores, valid } = detectBoxes(model, pyramid, proposals, params);
  const maskLogits = model.maskHead(pyramid, flattenRegions(boxes));
  const S = maskLogits.shape[1];
  const building = buildingOf(maskLogits, 3).sigmoid();
  const masks = building.reshape([boxes.shape[0], -1, S, S]) as tf.Tensor4D;
  return { boxes, scores, valid, masks };
}

function detectBoxes(
  model: MaskRcnn,
  pyramid: readonly tf.Tensor4D[],
  proposals: Proposals,
  { detection: options, roi, box_scale_clamp: scaleClamp }: Params['model'],
): Omit<Predictions, 'masks'> {
  const [N, P] = proposals.valid.shape;
  const output = model.boxHead(pyramid, flattenRegions(proposals.boxes));
  const deltas = buildingOf(output.boxDeltas, 1).reshape([N, P, 4]);
  const decoded = decodeBoxes(deltas, proposals.boxes, { weights: roi.box_weights, scaleClamp });
  const boxes = clipBoxes(decoded, model.canvas.clip) as tf.Tensor3D;
  const scores = buildingOf(tf.softmax(output.classLogits), 1).reshape([N, P]) as tf.Tensor2D;
  const scored = scores.greater(options.score_threshold).logicalAnd(proposals.valid.greater(0));
  const eligible =
    options.min_size > 0 ? scored.logicalAnd(isThin(boxes, options.min_size).logicalNot()) : scored;
  const ranked = tf.where(eligible, scores, tf.fill([N, P], EXCLUDED_SCORE)) as tf.Tensor2D;
  const kept = paddedNms(boxes, ranked, null, {
    iouThreshold: options.nms_threshold,
    maxResults: options.max_detections,
    extent: Math.max(...model.canvas.clip),
  });
  return {
    boxes: gatherRows(boxes, kept.indices),
    scores: gatherRows(scores, kept.indices),
    valid: kept.valid,
  };
}
