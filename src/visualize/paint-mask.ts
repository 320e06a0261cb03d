/**
 * Paints a mask onto an image that is a whole number of times larger: a translucent fill and a crisp, smooth outline.
 *
 * The mask is slightly blurred and interpolated; the outline lies where the result is 1/2, and the value says how far away
 * it is, as in distance-field fonts (C. Green, SIGGRAPH 2007).
 */
import { decodeRle, type Rle, rleArea, rleBox } from '../masks/rle.ts';
import type { Color } from './instance-colors.ts';

/** An image of 8-bit red, green and blue, row by row. */
export interface Canvas {
  /** [height, width, 3] 0-255 */
  pixels: Uint8Array<ArrayBuffer>;
  height: number;
  width: number;
}

/** 0-1 */
const FILL_OPACITY = 0.32;
const OUTLINE_OPACITY = 0.95;
const SHADE_OPACITY = 0.45;
/** Pixels of the canvas: the outline lies inside the mask, a dark line outside keeps it visible on bright roofs. */
const OUTLINE_WIDTH = 1.8;
const SHADE_WIDTH = 1;
const BLACK: Color = [0, 0, 0];

/**
 * Changes `canvas`.
 * @param rle a mask of the image before it was enlarged
 * @param scale how many times larger the canvas is than the mask
 */
export function paintMask(canvas: Canvas, rle: Rle, color: Color, scale: number): void {
  const field = maskField(rle);
  if (!field) return;
  const last = {
    row: Math.min(canvas.height, field.bottom * scale),
    column: Math.min(canvas.width, field.right * scale),
  };
  for (let row = Math.max(0, field.top * scale); row < last.row; row++) {
    for (let column = Math.max(0, field.left * scale); column < last.column; column++) {
      const inside = scale * distanceInside(field, (row + 0.5) / scale - 0.5, (column + 0.5) / scale - 0.5);
      if (inside < -SHADE_WIDTH - 0.5) continue;
      const pixel = 3 * (row * canvas.width + column);
      const isIn = ramp(inside + 0.5);
      blend(canvas.pixels, pixel, BLACK, SHADE_OPACITY * (1 - isIn) * ramp(inside + SHADE_WIDTH + 0.5));
      blend(canvas.pixels, pixel, color, FILL_OPACITY * isIn);
      blend(canvas.pixels, pixel, color, OUTLINE_OPACITY * isIn * ramp(OUTLINE_WIDTH - inside + 0.5));
    }
  }
}

function ramp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function blend(pixels: Uint8Array, start: number, color: Color, opacity: number): void {
  if (opacity === 0) return;
  for (let c = 0; c < 3; c++) {
    const old = pixels[start + c]!;
    pixels[start + c] = Math.round(old + (color[c]! - old) * opacity);
  }
}

/** Values 0-1 over a part of the image, row by row; all 0 around it. */
interface Field {
  top: number;
  left: number;
  bottom: number;
  right: number;
  values: Float32Array;
}

/** Pixels around the mask that its blur and its outer line reach. */
const MARGIN = 2;

/** The mask, blurred by [1 2 1] / 4 both ways. A mask so thin that nothing of it would reach 1 is raised until it does. */
function maskField(rle: Rle): Field | null {
  if (rleArea(rle) === 0) return null;
  const [height, width] = rle.size;
  const [y1, x1, y2, x2] = rleBox(rle);
  const mask = decodeRle(rle);
  // Beyond the image's edge the mask goes on, so that no outline runs along the edge.
  const at = (y: number, x: number) =>
    mask[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))]!;
  const rowSum = (y: number, x: number) => at(y, x - 1) + 2 * at(y, x) + at(y, x + 1);
  const [top, left, bottom, right] = [y1 - MARGIN, x1 - MARGIN, y2 + MARGIN, x2 + MARGIN];
  const values = new Float32Array((bottom - top) * (right - left));
  let peak = 0;
  for (let y = top, i = 0; y < bottom; y++) {
    for (let x = left; x < right; x++, i++) {
      values[i] = (rowSum(y - 1, x) + 2 * rowSum(y, x) + rowSum(y + 1, x)) / 16;
      peak = Math.max(peak, values[i]!);
    }
  }
  return { top, left, bottom, right, values: values.map((value) => value / peak) };
}

/** Where a straight edge's blurred values change their slope: at half a pixel from the edge. */
const NEAR_EDGE = 0.25;

/** @returns pixels of the mask from the outline inwards, negative outside; infinite where the field is flat */
function distanceInside(field: Field, y: number, x: number): number {
  const value = sample(field, y, x);
  if (value === 0) return -Infinity;
  if (value === 1) return Infinity;
  const difference = Math.abs(value - 0.5);
  const distance = difference < NEAR_EDGE ? 2 * difference : 0.5 + 4 * (difference - NEAR_EDGE);
  return value < 0.5 ? -distance : distance;
}

/** Bilinear; `y` and `x` count from the centre of the image's first pixel. */
function sample(field: Field, y: number, x: number): number {
  const [rows, columns] = [field.bottom - field.top, field.right - field.left];
  const row = Math.min(rows - 1.001, Math.max(0, y - field.top));
  const column = Math.min(columns - 1.001, Math.max(0, x - field.left));
  const [r, c] = [Math.floor(row), Math.floor(column)];
  const [downShare, rightShare] = [row - r, column - c];
  const i = r * columns + c;
  const upper = field.values[i]! * (1 - rightShare) + field.values[i + 1]! * rightShare;
  const lower = field.values[i + columns]! * (1 - rightShare) + field.values[i + columns + 1]! * rightShare;
  return upper * (1 - downShare) + lower * downShare;
}
