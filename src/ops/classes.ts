/**
 * Class numbers of detections, shared by what predicts them, trains them and puts them out.
 */
import type { tf } from '../system/tensorflow.ts';

/** The class number of buildings; 0 is the background. */
const BUILDING = 1;
/** Background and building. */
export const CLASSES = 2;

/**
 * The values of the class "building".
 * @param x [R, ..., K] or [R, K, 4]: any tensor with one axis of K classes
 * @param axis that axis
 * @returns x without that axis
 */
export function buildingOf<T extends tf.Tensor>(x: tf.Tensor, axis: number): T {
  const begin = x.shape.map((_, i) => (i === axis ? BUILDING : 0));
  const size = x.shape.map((length, i) => (i === axis ? 1 : length));
  return x.slice(begin, size).squeeze<T>([axis]);
}
