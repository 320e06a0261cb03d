import { describe, expect, it } from 'vitest';
import type { Canvas } from '../../../src/data/augment/canvas.ts';
import { develop } from '../../../src/data/augment/develop.ts';
import { createNoise } from '../../../src/data/augment/noise.ts';
import { IDENTITY, moveRing, type Symmetry } from '../../../src/data/augment/symmetry.ts';
import { createRandom } from '../../../src/system/random.ts';

const SIZE = 32;
const SYMMETRIES: Symmetry[] = Array.from({ length: 8 }, (_, i) => ({
  transpose: (i & 1) !== 0,
  flipX: (i & 2) !== 0,
  flipY: (i & 4) !== 0,
}));
const WHOLE = { left: 0, top: 0, width: SIZE, height: SIZE };
/** Two rectangles of random colours, black between and around them. */
const PARTS = [
  { left: 3, top: 2, width: 20, height: 9 },
  { left: 10, top: 15, width: 7, height: 16 },
];

function createCanvas(filled = [WHOLE]): Canvas {
  const random = createRandom('canvas');
  const pixels = new Uint8Array(SIZE * SIZE * 3);
  for (const { left, top, width, height } of filled) {
    for (let y = top; y < top + height; y++) {
      for (let i = 3 * (y * SIZE + left); i < 3 * (y * SIZE + left + width); i++) pixels[i] = random.int(256);
    }
  }
  return { size: SIZE, pixels, filled, outlines: [], crowds: [] };
}
const pixelAt = (pixels: Uint8Array, x: number, y: number) => [
  ...pixels.subarray(3 * (y * SIZE + x), 3 * (y * SIZE + x) + 3),
];
const plain = { symmetry: IDENTITY, color: null, noise: null };
const UNCHANGED = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };

describe('develop', () => {
  it('costs nothing where there is nothing to do', () => {
    const canvas = createCanvas();
    expect(develop(canvas, plain)).toBe(canvas.pixels);
  });
  it.each(SYMMETRIES)('moves pixels as outlines are moved: %j', (symmetry) => {
    const canvas = createCanvas(PARTS);
    const moved = develop(canvas, { ...plain, symmetry });
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const [toX, toY] = moveRing([x + 0.5, y + 0.5], symmetry, SIZE) as [number, number];
        expect(pixelAt(moved, toX - 0.5, toY - 0.5)).toEqual(pixelAt(canvas.pixels, x, y));
      }
    }
  });
  it.each(SYMMETRIES)('does the same on the way through colour: %j', (symmetry) => {
    const canvas = createCanvas(PARTS);
    expect(develop(canvas, { ...plain, symmetry, color: UNCHANGED })).toEqual(
      develop(canvas, { ...plain, symmetry }),
    );
  });
  it('is hand-worked: brightness 1.5, with rounding, up to 255', () => {
    const canvas = createCanvas();
    canvas.pixels.set([10, 101, 200]);
    const developed = develop(canvas, { ...plain, color: { ...UNCHANGED, brightness: 1.5 } });
    expect(pixelAt(developed, 0, 0)).toEqual([15, 152, 255]);
  });
  it('moves contrast about the mean of the images, not of the black around them', () => {
    const canvas = createCanvas(PARTS);
    for (const { left, top, width, height } of PARTS) {
      for (let y = top; y < top + height; y++) {
        canvas.pixels.fill(140, 3 * (y * SIZE + left), 3 * (y * SIZE + left + width));
      }
    }
    const developed = develop(canvas, { ...plain, color: { ...UNCHANGED, contrast: 0.5 } });
    expect(developed).toEqual(canvas.pixels);
  });
  it('keeps to 0–255 whatever the colours, and does not run over', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = createRandom('range', seed);
      const change = {
        brightness: random.uniform(0, 2),
        contrast: random.uniform(0, 2),
        saturation: random.uniform(0, 2),
        hue: random.uniform(-0.5, 0.5),
      };
      const canvas = createCanvas();
      canvas.pixels.set([0, 0, 0, 255, 255, 255]);
      const developed = develop(canvas, { ...plain, color: change });
      const [black, white] = [developed[0]!, developed[3]!];
      // What is brighter stays brighter: a value that ran over would not.
      expect(white).toBeGreaterThanOrEqual(black);
      expect(pixelAt(developed, 0, 0)).toEqual([black, black, black]);
    }
  });
  it('adds noise of the asked mean and deviation', () => {
    const canvas = createCanvas();
    canvas.pixels.fill(128);
    const sums = [0, 0];
    for (let seed = 0; seed < 20; seed++) {
      const noisy = develop(canvas, { ...plain, noise: createNoise(7, createRandom(seed)) });
      for (const value of noisy) {
        sums[0]! += value - 128;
        sums[1]! += (value - 128) ** 2;
      }
    }
    const count = 20 * canvas.pixels.length;
    expect(Math.abs(sums[0]! / count)).toBeLessThan((4 * 7) / Math.sqrt(count));
    // Rounding adds a twelfth.
    expect(Math.sqrt(sums[1]! / count - 1 / 12) / 7).toBeCloseTo(1, 2);
  });
  it('leaves black what is no image', () => {
    const canvas = createCanvas(PARTS);
    const developed = develop(canvas, {
      symmetry: { transpose: true, flipX: true, flipY: false },
      color: { ...UNCHANGED, contrast: 0.2, brightness: 1.4 },
      noise: createNoise(20, createRandom(1)),
    });
    const isImage = (x: number, y: number) =>
      PARTS.some(({ left, top, width, height }) => {
        return x >= left && y >= top && x < left + width && y < top + height;
      });
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        if (!isImage(x, y)) expect(pixelAt(developed, SIZE - 1 - y, x)).toEqual([0, 0, 0]);
      }
    }
  });
  it('changes no canvas', () => {
    const canvas = createCanvas(PARTS);
    const before = canvas.pixels.slice();
    develop(canvas, { ...plain, color: { ...UNCHANGED, brightness: 0.5 } });
    expect(canvas.pixels).toEqual(before);
  });
});
