/** Symmetry, colour and noise, in one pass over the pixels. */
import type { Canvas } from './canvas.ts';
import { type ColorChange, type ColorMap, colorMap, lumaOf } from './color.ts';
import { IDENTITY, pixelSteps, type Symmetry } from './symmetry.ts';
import type { Rect } from './view.ts';

export interface Development {
  symmetry: Symmetry;
  /** null = left as it is */
  color: ColorChange | null;
  /** Fills a row [W, 3] with what is added to it, in bytes; null = nothing. */
  noise: ((row: Float32Array) => void) | null;
}

/**
 * Black around the images stays black, as evaluation has it.
 * @returns [H, H, 3] RGB; the canvas's own pixels where there is nothing to do
 */
export function develop(canvas: Canvas, { symmetry, color, noise }: Development): Uint8Array {
  if (symmetry === IDENTITY && color === null && noise === null) return canvas.pixels;
  const map = color && colorMap(color, meanLuma(canvas));
  const developed = new Uint8ClampedArray(canvas.pixels.length);
  for (const rect of canvas.filled) {
    if (map || noise) paint(canvas, developed, { rect, symmetry, map: map ?? UNCHANGED, noise });
    else move(canvas, developed, { rect, symmetry });
  }
  return new Uint8Array(developed.buffer);
}

const UNCHANGED: ColorMap = { matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1], offset: 0 };

type Job = { rect: Rect; symmetry: Symmetry };

function move({ pixels, size }: Canvas, target: Uint8ClampedArray, { rect, symmetry }: Job): void {
  const { first, perRow, perColumn } = pixelSteps(symmetry, size);
  for (let y = rect.top; y < rect.top + rect.height; y++) {
    let from = 3 * (y * size + rect.left);
    let to = 3 * (first + y * perRow + rect.left * perColumn);
    for (let x = 0; x < rect.width; x++) {
      target[to] = pixels[from++]!;
      target[to + 1] = pixels[from++]!;
      target[to + 2] = pixels[from++]!;
      to += 3 * perColumn;
    }
  }
}

function paint(
  { pixels, size }: Canvas,
  target: Uint8ClampedArray,
  { rect, symmetry, map, noise }: Job & { map: ColorMap; noise: Development['noise'] },
): void {
  const { first, perRow, perColumn } = pixelSteps(symmetry, size);
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = map.matrix as Matrix;
  const added = new Float32Array(3 * rect.width);
  for (let y = rect.top; y < rect.top + rect.height; y++) {
    noise?.(added);
    let from = 3 * (y * size + rect.left);
    let to = 3 * (first + y * perRow + rect.left * perColumn);
    for (let i = 0; i < added.length; i += 3) {
      const r = pixels[from++]!;
      const g = pixels[from++]!;
      const b = pixels[from++]!;
      // The array rounds and keeps to 0–255.
      target[to] = rr * r + rg * g + rb * b + map.offset + added[i]!;
      target[to + 1] = gr * r + gg * g + gb * b + map.offset + added[i + 1]!;
      target[to + 2] = br * r + bg * g + bb * b + map.offset + added[i + 2]!;
      to += 3 * perColumn;
    }
  }
}

type Matrix = [number, number, number, number, number, number, number, number, number];

/** Rows from one to the next that count for the mean: a quarter of the pixels gives it well within one byte. */
const ROW_STEP = 4;

/** @returns of where there are images, 0–255 */
function meanLuma({ pixels, size, filled }: Canvas): number {
  let [r, g, b, count] = [0, 0, 0, 0];
  for (const { left, top, width, height } of filled) {
    for (let y = top; y < top + height; y += ROW_STEP) {
      const end = 3 * (y * size + left + width);
      for (let i = 3 * (y * size + left); i < end; i += 3) {
        r += pixels[i]!;
        g += pixels[i + 1]!;
        b += pixels[i + 2]!;
      }
      count += width;
    }
  }
  return lumaOf([r, g, b]) / count;
}
