import type { tf } from '../system/tensorflow.ts';

/**
 * Checks a tensor's shape at the edge of an op.
 * @param expected one entry per dimension: a number that must be met, or a letter that stands for any size
 * @param what the op and the argument, for the message: `boxIou: b`
 * @throws TypeError naming what was expected and what came, e.g. `boxIou: b: expected [M, 4], got [12, 5]`
 */
export function assertShape(tensor: tf.Tensor, expected: readonly (number | string)[], what: string): void {
  const fits =
    tensor.shape.length === expected.length &&
    expected.every((size, i) => typeof size === 'string' || size === tensor.shape[i]);
  if (!fits)
    throw new TypeError(`${what}: expected [${expected.join(', ')}], got [${tensor.shape.join(', ')}]`);
}
