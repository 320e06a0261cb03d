/**
 * From features to detections, with static shapes. torchvision's `postprocess_detections`: score, decode, clip,
 * non-maximum suppression, then masks for what is left.
 *
 * N images · P proposals · D = detection.max_detections · S side of a mask
 */
import { decodeBoxes, ROI_BOX_WEIGHTS } from '../ops/box-coder.ts';
import { clipBoxes } from '../ops/boxes.ts';
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
  /** [N, D, 4] [y1, x1, y2, x2] pixels of the fitted image */
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
  const { boxes, scores, valid } = detectBoxes(model, pyramid, proposals, params.detection);
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
  options: Params['model']['detection'],
): Omit<Predictions, 'masks'> {
  const [N, P] = proposals.valid.shape;
  const output = model.boxHead(pyramid, flattenRegions(proposals.boxes));
  const deltas = buildingOf(output.boxDeltas, 1).reshape([N, P, 4]);
  const boxes = clipBoxes(
    decodeBoxes(deltas, proposals.boxes, ROI_BOX_WEIGHTS),
    model.imageSize,
  ) as tf.Tensor3D;
  const scores = buildingOf(tf.softmax(output.classLogits), 1).reshape([N, P]) as tf.Tensor2D;
  const eligible = scores.greater(options.score_threshold).logicalAnd(proposals.valid.greater(0));
  const ranked = tf.where(eligible, scores, tf.fill([N, P], EXCLUDED_SCORE)) as tf.Tensor2D;
  const kept = paddedNms(boxes, ranked, null, {
    iouThreshold: options.nms_threshold,
    maxResults: options.max_detections,
    extent: model.imageSize,
  });
  return {
    boxes: gatherRows(boxes, kept.indices),
    scores: gatherRows(scores, kept.indices),
    valid: kept.valid,
  };
}
