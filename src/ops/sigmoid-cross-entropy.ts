import { tf } from '../system/tensorflow.ts';

/**
 * Cross-entropy of σ(logits) against targets, element by element, stable for any logit:
 * max(x, 0) − x·z + log(1 + e^−|x|), with gradient σ(x) − z.
 * @param logits any shape
 * @param targets the same shape, in [0, 1]; no gradient goes to them
 * @returns the same shape, >= 0
 */
export function sigmoidCrossEntropy<T extends tf.Tensor>(logits: T, targets: T): T {
  const op = tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
    save([x, targets]);
    const value = tf
      .relu(x)
      .sub(x.mul(targets))
      .add(tf.log1p(tf.exp(tf.abs(x).neg())));
    return {
      value,
      gradFunc: (dy, saved) => (dy as tf.Tensor).mul(saved[0]!.sigmoid().sub(saved[1]!)),
    };
  });
  return op(logits) as T;
}
