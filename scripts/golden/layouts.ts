/** Between our layouts and torchvision's: maps [1, H, W, C] and [C, H, W], `y` and `x` first. */
import type { HostTensor } from '../../src/model/safetensors.ts';
import { tf } from '../../src/system/tensorflow.ts';

/** Its values, in host memory. */
export function toHost(x: tf.Tensor): HostTensor {
  return { shape: x.shape, values: x.dataSync() as Float32Array };
}

/** [H, W, C] → [C, H, W] */
export function channelsFirst(map: tf.Tensor): tf.Tensor {
  return map.transpose([2, 0, 1]);
}

/** Boxes [y1, x1, y2, x2] ↔ [x1, y1, x2, y2] and offsets [dy, dx, dh, dw] ↔ [dx, dy, dw, dh], on the last axis. */
export function swapYx<T extends tf.Tensor>(boxes: T): T {
  return tf.gather(boxes, [1, 0, 3, 2], boxes.rank - 1) as T;
}

/** Every `step`th row and column of [H, W, ...], from the first. */
export function everyNth(map: tf.Tensor, step: number): tf.Tensor {
  const others = map.shape.slice(2);
  return map.stridedSlice(
    map.shape.map(() => 0),
    map.shape,
    [step, step, ...others.map(() => 1)],
  );
}

/** [2]: mean and standard deviation (over n - 1), summed in float64. */
export function meanAndDeviation(x: tf.Tensor): HostTensor {
  const values = x.dataSync();
  let [sum, squares] = [0, 0];
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) squares += (value - mean) ** 2;
  return { shape: [2], values: Float32Array.of(mean, Math.sqrt(squares / (values.length - 1))) };
}
