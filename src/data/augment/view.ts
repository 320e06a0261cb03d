/**
 * Which part of an image is shown, and where in the network's square: scale jitter and crop in one. All rectangles are
 * whole pixels, so that pixels and outlines are moved by exactly the same numbers.
 */
import type { Random } from '../../system/random.ts';
import { fitLetterbox } from '../letterbox.ts';

/** Whole pixels. */
export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** `window` of the image is resampled to `place` in the square. */
export interface View {
  window: Rect;
  place: Rect;
}

interface Size {
  width: number;
  height: number;
}

/** All of the image, at the top left: what evaluation sees. @param size side of the square */
export function letterboxView(image: Size, size: number): View {
  const { width, height } = fitLetterbox(image, size);
  return {
    window: { left: 0, top: 0, width: image.width, height: image.height },
    place: { left: 0, top: 0, width, height },
  };
}

/** The smallest and largest zoom. */
export type ZoomRange = readonly [low: number, high: number];

/**
 * A random part of the image where it is too large for its frame, a random place in the frame where it is too small.
 * @param frame where in the square the image may lie
 * @param size side of the square: zoom 1 makes the image as large as `letterboxView` does
 * @param zoom drawn evenly on a logarithmic scale, so that twice and half as large are as likely
 */
export function randomView(
  image: Size,
  { frame, size, zoom }: { frame: Rect; size: number; zoom: ZoomRange },
  random: Random,
): View {
  const factor = Math.exp(random.uniform(Math.log(zoom[0]), Math.log(zoom[1])));
  const scale = (factor * size) / Math.max(image.width, image.height);
  const x = randomSpan(image.width, frame.width, scale, random);
  const y = randomSpan(image.height, frame.height, scale, random);
  return {
    window: { left: x.from, top: y.from, width: x.shown, height: y.shown },
    place: { left: frame.left + x.at, top: frame.top + y.at, width: x.placed, height: y.placed },
  };
}

/** One axis: `shown` pixels of the image from `from` on become `placed` pixels of the frame from `at` on. */
function randomSpan(length: number, room: number, scale: number, random: Random) {
  const shown = Math.max(1, Math.min(length, Math.round(room / scale)));
  // A part fills its frame: rounding `shown` must leave no black line.
  const placed = shown < length ? room : Math.max(1, Math.min(room, Math.round(shown * scale)));
  return { shown, placed, from: random.int(length - shown + 1), at: random.int(room - placed + 1) };
}
