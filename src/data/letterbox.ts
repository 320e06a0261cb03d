/**
 * Fits an image of any size into the network's square: scaled by one factor so that the longer side fills it, placed at
 * the top left, the rest black. One place knows both directions, so that results come back to the original pixels.
 */
export interface Letterbox {
  /** Size of the scaled image inside the square, whole pixels, at least 1. */
  width: number;
  height: number;
  /** Network pixels per image pixel; the two differ by the rounding of `width` and `height`. */
  scaleX: number;
  scaleY: number;
}

/** @param size side of the square, pixels */
export function fitLetterbox(image: { width: number; height: number }, size: number): Letterbox {
  const scale = size / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  return { width, height, scaleX: width / image.width, scaleY: height / image.height };
}
