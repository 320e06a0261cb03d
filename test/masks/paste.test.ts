import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pasteMask } from '../../src/masks/paste.ts';
import { rasterizeCoverage } from '../../src/masks/rasterize.ts';
import { decodeRle, rleArea, rleBox, rleIou, rleToString } from '../../src/masks/rle.ts';
import { rleFromPolygons } from '../../src/masks/rle-from-polygons.ts';

interface Golden {
  cases: {
    box: [number, number, number, number];
    size: [number, number];
    threshold: number;
    probabilities_times_256: number[];
    counts: string;
  }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('../golden/paste.json', import.meta.url), 'utf8'));

const ones = (size: number) => new Float32Array(size * size).fill(1);

describe('pasteMask', () => {
  it('fills the box exactly for a full mask on whole pixels', () => {
    const rle = pasteMask(ones(4), [2, 1, 6, 9], [10, 12], 0.5);
    expect(rleBox(rle)).toEqual([2, 1, 6, 9]);
    expect(rleArea(rle)).toBe(4 * 8);
  });

  it('keeps left and right, up and down', () => {
    const rle = pasteMask(Float32Array.of(1, 0, 0, 0), [0, 0, 4, 6], [4, 6], 0.5);
    const pixels = decodeRle(rle);
    const at = (y: number, x: number) => pixels[y * 6 + x];
    expect([at(1, 1), at(1, 4), at(2, 1), at(2, 4)]).toEqual([1, 0, 0, 0]);
  });

  it('keeps a pixel only above the threshold, not at it', () => {
    const half = Float32Array.of(0.5);
    expect(rleArea(pasteMask(half, [0, 0, 1, 1], [1, 1], 0.5))).toBe(0);
    expect(rleArea(pasteMask(half, [0, 0, 1, 1], [1, 1], 0.49))).toBe(1);
  });

  it('cuts off what lies outside the image', () => {
    const rle = pasteMask(ones(2), [-4, -3, 4, 3], [10, 10], 0.5);
    expect(rleBox(rle)).toEqual([0, 0, 4, 3]);
    expect(rle.size).toEqual([10, 10]);
  });

  it('is empty outside the image, for a box without area and for one that is not a number', () => {
    for (const box of [
      [20, 20, 30, 30],
      [-9, -9, -5, -5],
      [3, 3, 3, 8],
      [6, 6, 2, 2],
      [Number.NaN, 0, 5, 5],
    ] as const) {
      expect([...pasteMask(ones(3), box, [10, 10], 0.5).counts]).toEqual([100]);
    }
  });

  it('brings a rasterized building back where it was', () => {
    const ring = [10.3, 8.1, 41.2, 12.7, 38.4, 33.9, 22.5, 28.2, 12.1, 36.6];
    const truth = rleFromPolygons([ring], 64, 64);
    const coverage = rasterizeCoverage([ring], [8.1, 10.3, 36.6, 41.2], 28);
    const pasted = pasteMask(coverage, [8.1, 10.3, 36.6, 41.2], [64, 64], 0.5);
    expect(rleIou(pasted, truth)).toBeGreaterThan(0.98);
  });

  it('refuses an output that is not square', () => {
    expect(() => pasteMask(new Float32Array(6), [0, 0, 4, 4], [8, 8], 0.5)).toThrow(
      'a square of probabilities, got 6',
    );
    expect(() => pasteMask(new Float32Array(0), [0, 0, 4, 4], [8, 8], 0.5)).toThrow('got 0 values');
  });

  it.each(golden.cases.map((reference, i) => [i, reference] as const))(
    "is PyTorch's grid_sample, run for run: case %i",
    (_, { box, size, threshold, probabilities_times_256: bytes, counts }) => {
      const probabilities = Float32Array.from(bytes, (value) => value / 256);
      expect(rleToString(pasteMask(probabilities, box, size, threshold))).toBe(counts);
    },
  );
});
