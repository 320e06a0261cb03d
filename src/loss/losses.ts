import type { Params } from '../params/schema.ts';
import type { tf } from '../system/tensorflow.ts';

/** The terms before their weights, and their weighted sum. All scalars. */
export type Losses = {
  objectness: tf.Scalar;
  rpnBox: tf.Scalar;
  class: tf.Scalar;
  box: tf.Scalar;
  focal: tf.Scalar;
  dice: tf.Scalar;
  total: tf.Scalar;
};

/** Params that the loss reads. */
export type LossParams = Pick<Params, 'model' | 'loss'>;
