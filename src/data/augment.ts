/**
 * The eight symmetries of a square: an aerial image has no up. Applied to pixels and outlines alike.
 */
import type { Random } from '../system/random.ts';

/** First transposed (rows become columns), then mirrored left-right, then top-bottom. */
export interface Symmetry {
  transpose: boolean;
  flipX: boolean;
  flipY: boolean;
}

/** Leaves everything as it is. */
export const IDENTITY: Symmetry = { transpose: false, flipX: false, flipY: false };

/** One of the eight, each as likely. */
export function randomSymmetry(random: Random): Symmetry {
  const choice = random.int(8);
  return { transpose: (choice & 1) !== 0, flipX: (choice & 2) !== 0, flipY: (choice & 4) !== 0 };
}

/**
 * @param points flat [x0, y0, x1, y1, ...] in pixels of a square of `size`
 * @returns the moved points, in the same order
 */
export function transformPoints(points: readonly number[], symmetry: Symmetry, size: number): number[] {
  const moved = new Array<number>(points.length);
  for (let i = 0; i < points.length; i += 2) {
    const x = symmetry.transpose ? points[i + 1]! : points[i]!;
    const y = symmetry.transpose ? points[i]! : points[i + 1]!;
    moved[i] = symmetry.flipX ? size - x : x;
    moved[i + 1] = symmetry.flipY ? size - y : y;
  }
  return moved;
}

/** Brings a byte to 0–1. */
const PER_BYTE = 1 / 255;

/**
 * @param pixels [size, size, 3] bytes, row-major
 * @param target [size, size, 3] is filled with the moved pixels in 0–1
 */
export function transformPixels(
  pixels: Uint8Array,
  target: Float32Array,
  symmetry: Symmetry,
  size: number,
): void {
  for (let y = 0; y < size; y++) {
    const beforeY = symmetry.flipY ? size - 1 - y : y;
    for (let x = 0; x < size; x++) {
      const beforeX = symmetry.flipX ? size - 1 - x : x;
      const from = 3 * (symmetry.transpose ? beforeX * size + beforeY : beforeY * size + beforeX);
      const to = 3 * (y * size + x);
      target[to] = pixels[from]! * PER_BYTE;
      target[to + 1] = pixels[from + 1]! * PER_BYTE;
      target[to + 2] = pixels[from + 2]! * PER_BYTE;
    }
  }
}
