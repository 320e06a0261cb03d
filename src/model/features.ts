/**
 * What every use of the model begins with: maps, the RPN's outputs, proposals. Computed once, also where the loss and the
 * detections of the same images are wanted.
 */
import { type Proposals, selectProposals } from '../ops/proposals.ts';
import { stopGradient } from '../ops/stop-gradient.ts';
import type { Params } from '../params/schema.ts';
import type { tf } from '../system/tensorflow.ts';
import type { RpnOutput } from './heads.ts';
import type { MaskRcnn } from './mask-rcnn.ts';

/** The model's outputs before its second stage. */
export interface Features {
  /** P2–P6 */
  pyramid: tf.Tensor4D[];
  rpn: RpnOutput;
  /** No gradient goes through them, as in torchvision. */
  proposals: Proposals;
}

/** @param images [N, H, W, 3] in 0–1, of the model's canvas */
export function extractFeatures(
  model: MaskRcnn,
  images: tf.Tensor4D,
  { rpn: options, box_scale_clamp: scaleClamp }: Params['model'],
): Features {
  const pyramid = model.pyramid(images);
  const rpn = model.rpn(pyramid);
  const detached = { logits: stopGradient(rpn.logits), boxDeltas: stopGradient(rpn.boxDeltas) };
  const proposals = selectProposals(detached, model.anchors, {
    preNmsTopK: options.pre_nms_top_k,
    postNmsTopK: options.post_nms_top_k,
    scoreThreshold: options.score_threshold,
    minSize: options.min_size,
    nmsThreshold: options.nms_threshold,
    boxCoding: { weights: options.box_weights, scaleClamp },
    clip: model.canvas.clip,
  });
  return { pyramid, rpn, proposals };
}
