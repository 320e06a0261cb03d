import type { PreparedImage } from '../prepared.ts';
import { readView } from './read-view.ts';
import type { Rect, View } from './view.ts';

/** The square while it is being made. H = size */
export interface Canvas {
  size: number;
  /** [H, H, 3] RGB; black where there is no image */
  pixels: Uint8Array;
  /** Where there is one; they do not overlap. */
  filled: Rect[];
  /** Each building's rings in pixels of the square. */
  outlines: number[][][];
  /** The rings of each region with buildings that nobody told apart, in pixels of the square. */
  crowds: number[][][];
}

/** An image, how it is shown, and the rings of its buildings and crowd regions in pixels of the square. */
export interface Shown {
  image: PreparedImage;
  view: View;
  outlines: number[][][];
  crowds: number[][][];
}

/**
 * Lays images into the square; their places must not overlap.
 * @throws UserError where an image cannot be read
 */
export async function paintCanvas(shown: readonly Shown[], size: number): Promise<Canvas> {
  const patches = await Promise.all(shown.map(({ image, view }) => readView(image, view)));
  const filled = shown.map(({ view }) => view.place);
  const outlines = shown.flatMap((one) => one.outlines);
  const crowds = shown.flatMap((one) => one.crowds);
  return { size, pixels: joinPatches(patches, filled, size), filled, outlines, crowds };
}

/**
 * Pictures side by side, black where there is none.
 * @param patches [height, width, 3] of its place each
 * @param size H
 * @returns [H, H, 3]; the only patch itself where it fills the square
 */
export function joinPatches(
  patches: readonly Uint8Array[],
  places: readonly Rect[],
  size: number,
): Uint8Array {
  const [only] = patches;
  if (patches.length === 1 && only!.length === size * size * 3) return only!;
  const pixels = new Uint8Array(size * size * 3);
  patches.forEach((patch, i) => {
    const { left, top, width, height } = places[i]!;
    for (let y = 0; y < height; y++) {
      const row = patch.subarray(3 * y * width, 3 * (y + 1) * width);
      pixels.set(row, 3 * ((top + y) * size + left));
    }
  });
  return pixels;
}
