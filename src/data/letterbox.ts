/**
 * Fits an image of any size into the network's square: scaled by one factor so that the longer side fills it, placed at
 * the top left, the rest black. One place knows both directions, so that results come back to the original pixels.
 */
export interface Letterbox {
  /** Network pixels per image pixel. */
  scale: number;
  /** Size of the scaled image inside the square, whole pixels, at least 1. */
  width: number;
  height: number;
}

/** @param size side of the square, pixels */
export function fitLetterbox(image: { width: number; height: number }, size: number): Letterbox {
  const scale = size / Math.max(image.width, image.height);
  return {
    scale,
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  };
}
