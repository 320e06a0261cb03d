import type { Random } from '../../system/random.ts';
import type { Rect } from './view.ts';

/** The middle lies in this part of the square on either axis, so that no image is but a strip. */
const MIDDLE = [0.25, 0.75] as const;

/**
 * Where the four images of a mosaic lie: around a random middle (Bochkovskiy et al. 2020, YOLOv4, §3.3 —
 * https://arxiv.org/abs/2004.10934). Deviation: an image is cut to its part, not shrunk, because in aerial images the
 * size of a building says what it is.
 * @param size side of the square, pixels, at least 2
 * @returns top left, top right, bottom left, bottom right; together exactly the square
 */
export function mosaicFrames(size: number, random: Random): Rect[] {
  const x = Math.round(size * random.uniform(...MIDDLE));
  const y = Math.round(size * random.uniform(...MIDDLE));
  return [
    { left: 0, top: 0, width: x, height: y },
    { left: x, top: 0, width: size - x, height: y },
    { left: 0, top: y, width: x, height: size - y },
    { left: x, top: y, width: size - x, height: size - y },
  ];
}
