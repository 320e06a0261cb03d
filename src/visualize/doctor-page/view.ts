import { polygonsBox } from '../../masks/polygon.ts';

/** A part of the plane in which an image lies, in its pixels; it may go beyond the image. */
export interface View {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Around an outline: the larger of this many pixels, of this share of the image, and of this share of the outline. */
const MARGIN_PIXELS = 24;
const MARGIN_OF_IMAGE = 0.05;
const MARGIN_OF_OUTLINE = 0.75;
/** A view of more than this share of the image is of the whole image. */
const WHOLE_SHARE = 0.4;

/**
 * @param rings flat [x0, y0, x1, y1, ...], in pixels of the image
 * @returns the surroundings of the rings; the whole image where there are none, and where they are large. Rings beyond
 *   the image are in view as far as they are no further away than it is wide or high
 */
export function viewOf(
  { width, height }: { width: number; height: number },
  rings: readonly (readonly number[])[],
): View {
  const whole = { x: 0, y: 0, width, height };
  const nearby = fromEdges(-height, -width, 2 * height, 2 * width);
  const [y1, x1, y2, x2] = polygonsBox(rings);
  const box = intersection(fromEdges(y1, x1, y2, x2), nearby);
  if (rings.length === 0 || !doMeet(fromEdges(y1, x1, y2, x2), nearby)) return whole;
  const margin = Math.max(
    MARGIN_PIXELS,
    MARGIN_OF_IMAGE * Math.max(width, height),
    MARGIN_OF_OUTLINE * Math.max(box.width, box.height),
  );
  const shown = grown(box, margin);
  const isLarge = shown.width * shown.height > WHOLE_SHARE * width * height;
  const isWithin = x1 > 0 && y1 > 0 && x2 < width && y2 < height;
  const most = isWithin ? whole : union(whole, grown(box, EDGE_OF_IMAGE * Math.max(width, height)));
  return isLarge || !doMeet(box, whole) ? most : intersection(shown, most);
}

/** Beyond the border, that an outline at it or across it be seen: share of the image. */
const EDGE_OF_IMAGE = 0.02;

function doMeet(a: View, b: View): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function fromEdges(y1: number, x1: number, y2: number, x2: number): View {
  return { x: x1, y: y1, width: Math.max(0, x2 - x1), height: Math.max(0, y2 - y1) };
}

function grown({ x, y, width, height }: View, margin: number): View {
  return { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin };
}

/** Of two that meet. */
function intersection(a: View, b: View): View {
  const into = (value: number, low: number, size: number) => Math.min(low + size, Math.max(low, value));
  return fromEdges(
    into(a.y, b.y, b.height),
    into(a.x, b.x, b.width),
    into(a.y + a.height, b.y, b.height),
    into(a.x + a.width, b.x, b.width),
  );
}

function union(a: View, b: View): View {
  return fromEdges(
    Math.min(a.y, b.y),
    Math.min(a.x, b.x),
    Math.max(a.y + a.height, b.y + b.height),
    Math.max(a.x + a.width, b.x + b.width),
  );
}
