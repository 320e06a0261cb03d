import { describe, expect, it } from 'vitest';
import { blurCanvas } from '../../../src/data/augment/blur.ts';
import type { Canvas } from '../../../src/data/augment/canvas.ts';

const SIZE = 64;

/** A white right half, in the part of the square that is an image. */
function halves(filled = [{ left: 0, top: 0, width: SIZE, height: SIZE }]): Canvas {
  const pixels = new Uint8Array(SIZE * SIZE * 3);
  for (const { left, top, width, height } of filled) {
    for (let y = top; y < top + height; y++) {
      const row = 3 * y * SIZE;
      pixels.fill(255, row + 3 * Math.max(left, SIZE / 2), row + 3 * (left + width));
    }
  }
  return { size: SIZE, pixels, filled, outlines: [[[1, 2, 3, 4, 5, 6]]], crowds: [] };
}

/** σ of what a blur makes of the edge in the middle: its slope is the Gaussian. */
function sigmaOf(pixels: Uint8Array): number {
  const row = Array.from({ length: SIZE }, (_, x) => pixels[3 * (32 * SIZE + x)]! / 255);
  const slope = row.map((value, x) => (x === 0 ? 0 : value - row[x - 1]!));
  const middle = slope.reduce((sum, value, x) => sum + value * x, 0);
  return Math.sqrt(slope.reduce((sum, value, x) => sum + value * (x - middle) ** 2, 0));
}

describe('blurCanvas', () => {
  it.each([0.5, 0.8, 1.2, 2, 4])('blurs with the σ that is asked: %d', async (sigma) => {
    const { pixels } = await blurCanvas(halves(), sigma);
    expect(Math.abs(sigmaOf(pixels) / sigma - 1)).toBeLessThan(sigma < 0.6 ? 0.08 : 0.03);
  });
  it.each([0.5, 1.2, 4])('keeps the mean: %d', async (sigma) => {
    const { pixels } = await blurCanvas(halves(), sigma);
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    expect(Math.abs(mean - 127.5)).toBeLessThan(0.5);
  });
  it('stays within each image: nothing comes in from the black, and nothing goes out', async () => {
    const canvas = halves([
      { left: 34, top: 0, width: 20, height: 30 },
      { left: 40, top: 40, width: 10, height: 10 },
    ]);
    const { pixels, outlines, filled } = await blurCanvas(canvas, 2);
    expect(Buffer.compare(pixels, canvas.pixels)).toBe(0);
    expect([outlines, filled]).toEqual([canvas.outlines, canvas.filled]);
  });
});
