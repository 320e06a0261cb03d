import { describe, expect, it } from 'vitest';
import { hatchBlack } from '../../src/visualize/hatch-black.ts';

const SIDE = 96;

/** A grey picture with black in these rectangles, [y1, x1, y2, x2]. */
function picture(...black: number[][]): Uint8Array {
  const pixels = new Uint8Array(SIDE * SIDE * 3).fill(120);
  for (const box of black) fill(pixels, box, 0);
  return pixels;
}

function fill(pixels: Uint8Array, [y1, x1, y2, x2]: number[], value: number): void {
  for (let y = y1!; y < y2!; y++) pixels.fill(value, 3 * (y * SIDE + x1!), 3 * (y * SIDE + x2!));
}

/** Pixels that hatching changed, as "y,x" of their bounding box [y1, x1, y2, x2], and how many. */
function changed(pixels: Uint8Array) {
  const before = Uint8Array.from(pixels);
  hatchBlack(pixels, SIDE);
  const at = Array.from({ length: SIDE * SIDE }, (_, i) => i).filter(
    (i) => pixels[3 * i] !== before[3 * i] || pixels[3 * i + 2] !== before[3 * i + 2],
  );
  const rows = at.map((i) => Math.floor(i / SIDE));
  const columns = at.map((i) => i % SIDE);
  const box = [Math.min(...rows), Math.min(...columns), Math.max(...rows) + 1, Math.max(...columns) + 1];
  return { count: at.length, box: at.length === 0 ? null : box };
}

describe('hatchBlack', () => {
  it('hatches a black border, all of it and nothing else, in two colours', () => {
    const pixels = picture([70, 0, 96, 96]);
    expect(changed(pixels)).toEqual({ count: 26 * 96, box: [70, 0, 96, 96] });
    const colors = new Set(
      Array.from({ length: 26 * 96 }, (_, i) =>
        pixels.subarray(3 * (70 * 96 + i), 3 * (70 * 96 + i) + 3).join(),
      ),
    );
    expect(colors.size).toBe(2);
  });

  it('hatches black within the picture, too, as between the images of a mosaic', () => {
    expect(changed(picture([20, 30, 24, 60]))).toEqual({ count: 4 * 30, box: [20, 30, 24, 60] });
  });

  it('leaves shadows alone: what is thin, small, or not quite black', () => {
    expect(changed(picture([20, 30, 23, 60]))).toEqual({ count: 0, box: null });
    const shadow = picture();
    fill(shadow, [10, 10, 40, 40], 1);
    expect(changed(shadow).count).toBe(0);
  });

  it('leaves a picture alone that is black in one channel only', () => {
    const green = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i % 3 === 1 ? 1 : 0));
    expect(changed(green).count).toBe(0);
  });

  it('goes on into the near-black that compression leaves around black, for 16 pixels', () => {
    const pixels = picture([0, 0, 10, 96]);
    fill(pixels, [10, 0, 15, 96], 12);
    expect(changed(pixels).box).toEqual([0, 0, 15, 96]);
    const dark = picture([0, 0, 10, 96]);
    fill(dark, [10, 0, 60, 96], 12);
    expect(changed(dark).box).toEqual([0, 0, 26, 96]);
  });

  it('hatches all of a black square', () => {
    expect(changed(picture([0, 0, SIDE, SIDE])).count).toBe(SIDE * SIDE);
  });
});
