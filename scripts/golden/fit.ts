/**
 * Sizes from an image to the network's input, as in torchvision's `GeneralizedRCNNTransform`: resized to fit, then padded below
 * and to the right to whole cells of the coarsest backbone map.
 */
import { UsageError } from '../../src/system/errors.ts';

type Size = readonly [height: number, width: number];

/** Sizes in pixels on the way from the image to the input. */
export interface Fit {
  image: Size;
  /** The image as the network sees it. */
  resized: Size;
  /** With its padding: multiples of the stride of C5. */
  canvas: Size;
}

const DIVISOR = 32;
/** torchvision takes strides to be 2 to the power of round(log2(resized height / map's height)), which fails from here on. */
const MAX_PADDED_SHARE = Math.SQRT2;

/**
 * @param size pixels: the resized image's longer side, up to rounding (torchvision's min_size = max_size)
 * @throws UsageError when nothing is left of a side, or padding makes up so much that torchvision takes the strides for others
 */
export function fitImage(image: Size, size: number): Fit {
  const scale = Math.min(size / Math.min(...image), size / Math.max(...image));
  const resized: Size = [Math.floor(image[0] * scale), Math.floor(image[1] * scale)];
  const canvas: Size = [roundUp(resized[0]), roundUp(resized[1])];
  if (Math.min(...resized) < 1 || canvas[0] / resized[0] >= MAX_PADDED_SHARE) {
    throw new UsageError(
      `An image of ${image.join(' x ')} pixels fitted into ${size} cannot be checked: torchvision takes its maps for others than they are; give one that is resized to a height of 68 or more`,
    );
  }
  return { image, resized, canvas };
}

function roundUp(side: number): number {
  return Math.ceil(side / DIVISOR) * DIVISOR;
}

/**
 * @param boxes [N, 4] flat, [x1, y1, x2, y2] pixels of an image of size `from`
 * @returns the same in pixels of an image of size `to`
 */
export function scaleBoxes(boxes: Float32Array, from: Size, to: Size): Float32Array {
  return boxes.map((value, i) => (i % 2 === 0 ? (value * to[1]) / from[1] : (value * to[0]) / from[0]));
}
