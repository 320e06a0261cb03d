/**
 * The eight symmetries of a square (the dihedral group D4): an aerial image has no up. For pixels and outlines alike.
 */
import type { Random } from '../../system/random.ts';

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
 * @param ring flat [x0, y0, x1, y1, ...] in pixels of a square of `size`
 * @returns the moved points, in the same order
 */
export function moveRing(ring: readonly number[], symmetry: Symmetry, size: number): number[] {
  const moved = new Array<number>(ring.length);
  for (let i = 0; i < ring.length; i += 2) {
    const x = symmetry.transpose ? ring[i + 1]! : ring[i]!;
    const y = symmetry.transpose ? ring[i]! : ring[i + 1]!;
    moved[i] = symmetry.flipX ? size - x : x;
    moved[i + 1] = symmetry.flipY ? size - y : y;
  }
  return moved;
}

/** Where pixels go: pixel (y, x) of the square becomes pixel number `first + y * perRow + x * perColumn`. */
export interface PixelSteps {
  first: number;
  perRow: number;
  perColumn: number;
}

/** @param size side of the square in pixels */
export function pixelSteps({ transpose, flipX, flipY }: Symmetry, size: number): PixelSteps {
  const toRight = flipX ? -1 : 1;
  const down = flipY ? -size : size;
  return {
    first: (flipX ? size - 1 : 0) + (flipY ? (size - 1) * size : 0),
    perRow: transpose ? toRight : down,
    perColumn: transpose ? down : toRight,
  };
}
