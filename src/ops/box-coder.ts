/**
 * Box offsets relative to a reference box (anchor or proposal). Girshick et al. 2014, Appendix C
 * — https://arxiv.org/abs/1311.2524; clamp and weights as torchvision's `BoxCoder`.
 *
 * boxDeltas are [dy, dx, dh, dw]: shift of the centre in units of the reference's height and width, and log of the
 * ratio of height and width, each times its weight.
 */
import { tf } from '../system/tensorflow.ts';

/** Weights of [dy, dx, dh, dw], each > 0. */
export type BoxWeights = readonly [number, number, number, number];

/** How offsets are read. */
export interface BoxCoding {
  weights: BoxWeights;
  /**
   * A box is at most this many times as high or wide as its reference, so that exp cannot overflow: the exponential of
   * torchvision's `bbox_xform_clip`
   */
  scaleClamp: number;
}

/** Sides are taken as at least this long when a logarithm or a quotient is formed: padded boxes stay finite. */
const MIN_SIDE = 1e-3;

/**
 * @param boxes [..., 4] the boxes to express
 * @param references [..., 4] the boxes they are relative to
 * @returns [..., 4] boxDeltas; finite also where a box is empty
 */
export function encodeBoxes(boxes: tf.Tensor, references: tf.Tensor, weights: BoxWeights): tf.Tensor {
  const box = centreForm(boxes);
  const reference = centreForm(references);
  return tf.stack(
    [
      box.y.sub(reference.y).div(reference.height).mul(weights[0]),
      box.x.sub(reference.x).div(reference.width).mul(weights[1]),
      box.height.div(reference.height).log().mul(weights[2]),
      box.width.div(reference.width).log().mul(weights[3]),
    ],
    -1,
  );
}

/**
 * The inverse of `encodeBoxes`.
 * @param boxDeltas [..., 4]
 * @param references [..., 4], broadcast against boxDeltas
 * @returns [..., 4] boxes, not clipped to the image
 */
export function decodeBoxes(
  boxDeltas: tf.Tensor,
  references: tf.Tensor,
  { weights, scaleClamp }: BoxCoding,
): tf.Tensor {
  const maxLogRatio = Math.log(scaleClamp);
  const [dy, dx, dh, dw] = tf.unstack(boxDeltas.div(tf.tensor1d([...weights])), -1) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const reference = centreForm(references);
  const y = dy.mul(reference.height).add(reference.y);
  const x = dx.mul(reference.width).add(reference.x);
  const halfHeight = dh.minimum(maxLogRatio).exp().mul(reference.height).mul(0.5);
  const halfWidth = dw.minimum(maxLogRatio).exp().mul(reference.width).mul(0.5);
  return tf.stack([y.sub(halfHeight), x.sub(halfWidth), y.add(halfHeight), x.add(halfWidth)], -1);
}

function centreForm(boxes: tf.Tensor) {
  const [y1, x1, y2, x2] = tf.unstack(boxes, -1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  return {
    y: y1.add(y2).mul(0.5),
    x: x1.add(x2).mul(0.5),
    height: y2.sub(y1).maximum(MIN_SIDE),
    width: x2.sub(x1).maximum(MIN_SIDE),
  };
}
