import type { tf } from '../system/tensorflow.ts';
import { activeRecording } from './active-recording.ts';

/**
 * Changes state only where a condition holds. In a graph nothing of `body` is computed where it does not; op by op
 * the condition is read and `body` is called or not.
 * @param condition scalar, bool
 * @param body assigns variables; tensors made in it cannot be used outside, but the variables can be read again
 */
export function when(condition: tf.Tensor, body: () => void): void {
  const recording = activeRecording();
  if (recording) recording.when(condition, body);
  else if (condition.dataSync()[0]) body();
}

/**
 * As `when`, with a value that can be used outside.
 * @param body its value holds where the condition does
 * @param otherwise its value holds elsewhere, and has the same shape and type; changes no state
 */
export function valueWhen(
  condition: tf.Tensor,
  body: () => tf.Tensor,
  otherwise: () => tf.Tensor,
): tf.Tensor {
  const recording = activeRecording();
  if (recording) return recording.valueWhen(condition, body, otherwise);
  return condition.dataSync()[0] ? body() : otherwise();
}
