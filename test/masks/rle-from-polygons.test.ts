import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeRle, rleArea, rleBox, rleToString } from '../../src/masks/rle.ts';
import { rleFromPolygons } from '../../src/masks/rle-from-polygons.ts';

interface Golden {
  polygons: {
    kind: string;
    polygons: number[][];
    size: [number, number];
    counts: string;
    area: number;
    bbox: number[];
  }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('../golden/rle.json', import.meta.url), 'utf8'));

const rectangle = (x1: number, y1: number, x2: number, y2: number) => [x1, y1, x2, y1, x2, y2, x1, y2];

describe('rleFromPolygons', () => {
  it('covers pixels i with x1 <= i < x2 for a rectangle on whole pixels', () => {
    const rle = rleFromPolygons([rectangle(1, 0, 3, 2)], 3, 5);
    expect([...decodeRle(rle)]).toEqual([0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('does not depend on the direction or the first corner of the ring', () => {
    const forward = rleFromPolygons([[1, 1, 7.3, 2.2, 5, 8]], 10, 10);
    expect(rleFromPolygons([[5, 8, 7.3, 2.2, 1, 1]], 10, 10)).toEqual(forward);
    expect(rleFromPolygons([[7.3, 2.2, 5, 8, 1, 1]], 10, 10)).toEqual(forward);
  });

  it('unites the parts of a building, also where they overlap', () => {
    const parts = rleFromPolygons([rectangle(0, 0, 3, 3), rectangle(2, 2, 5, 5)], 6, 6);
    expect(rleArea(parts)).toBe(9 + 9 - 1);
  });

  it('is empty without polygons and for a building outside the image', () => {
    expect([...rleFromPolygons([], 2, 3).counts]).toEqual([6]);
    for (const [x, y] of [
      [-20, 1],
      [20, 1],
      [1, -20],
      [1, 20],
    ] as const) {
      expect(rleArea(rleFromPolygons([rectangle(x, y, x + 5, y + 5)], 6, 6))).toBe(0);
    }
  });

  it('fills the image from a polygon a million times its size, at once', () => {
    const rle = rleFromPolygons([rectangle(-1e8, -1e8, 1e8, 1e8)], 7, 9);
    expect([...rle.counts]).toEqual([0, 63]);
  });

  it.each([
    ['two points', [0, 0, 1, 1], 'at least three points, got 4 values'],
    ['half a point', [0, 0, 1, 1, 2, 2, 3], 'at least three points, got 7 values'],
    [
      'a coordinate that is no number',
      [0, 0, 1, Number.NaN, 2, 2],
      'value 3 must be a finite number, got NaN',
    ],
  ])('refuses %s', (_, ring, message) => {
    expect(() => rleFromPolygons([ring], 4, 4)).toThrow(message);
  });

  it.each(golden.polygons.map((reference, i) => [i, reference.kind, reference] as const))(
    "is pycocotools' mask, run for run: polygon %i (%s)",
    (_, _kind, { polygons, size, counts, area, bbox }) => {
      const rle = rleFromPolygons(polygons, ...size);
      expect(rleToString(rle)).toBe(counts);
      expect(rleArea(rle)).toBe(area);
      const [y1, x1, y2, x2] = rleBox(rle);
      expect([x1, y1, x2 - x1, y2 - y1]).toEqual(bbox);
    },
  );
});
