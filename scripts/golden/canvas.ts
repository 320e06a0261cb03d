import { resizeBilinear } from '../../src/ops/resize.ts';
import { tf } from '../../src/system/tensorflow.ts';
import type { Fit } from './fit.ts';

/**
 * torchvision normalises, then resizes and pads with zeros. Here the model normalises, so that padding is the colour which it
 * makes zero; resizing before instead of after is the same, for bilinear weights sum to 1.
 * @param image [3, H, W] in 0-1, row-major
 * @param padding RGB in 0-1
 * @returns [1, height, width, 3] of the canvas
 */
export function fitToCanvas(
  image: Float32Array,
  { image: size, resized, canvas }: Fit,
  padding: readonly number[],
): tf.Tensor4D {
  const pixels = tf.tensor4d(image, [1, 3, ...size]).transpose<tf.Tensor4D>([0, 2, 3, 1]);
  const fitted = size.join() === resized.join() ? pixels : resizeBilinear(pixels, resized);
  const margins: [number, number][] = [
    [0, 0],
    [0, canvas[0] - resized[0]],
    [0, canvas[1] - resized[1]],
    [0, 0],
  ];
  const channels = tf.split(fitted, padding.length, 3);
  return tf.concat(
    channels.map((channel, i) => tf.pad(channel, margins, padding[i]!)),
    3,
  ) as tf.Tensor4D;
}
