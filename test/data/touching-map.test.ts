import { describe, expect, it } from 'vitest';
import { moveRing, pixelSteps, type Symmetry } from '../../src/data/augment/symmetry.ts';
import { touchingMap } from '../../src/data/touching-map.ts';
import { createRandom } from '../../src/system/random.ts';
import { expectClose } from '../support/tensors.ts';

/** [y1, x1, y2, x2] → the outline of one building */
const rectangle = ([y1, x1, y2, x2]: number[]) => [[x1!, y1!, x2!, y1!, x2!, y2!, x1!, y2!]];

const row = (map: Float32Array, y: number, size: number) => map.subarray(y * size, (y + 1) * size);
const gaussian = (sum: number, distance: number) => Math.exp(-(sum ** 2) / (2 * distance ** 2));

describe('touchingMap', () => {
  it('is highest in a gap and falls off into the buildings', () => {
    // Columns 2–5 and 8–11, two pixels of ground between them: d1 + d2 is 3 in the gap, 3, 4, 5, 6 further inside.
    const options = { size: 16, distance: 2 };
    const map = touchingMap([rectangle([2, 2, 14, 6]), rectangle([2, 8, 14, 12])], options);
    const expected = [0, 0, 6, 5, 4, 3, 3, 3, 3, 4, 5, 6, 0, 0, 0, 0].map((sum, x) => {
      // The ground to the left of the first: one pixel to it, seven to the other: beyond 3 σ.
      return x < 2 || x > 11 ? 0 : gaussian(sum, 2);
    });
    expectClose(row(map, 8, 16), expected);
    expect(Math.max(...map)).toBeCloseTo(gaussian(3, 2), 6);
  });
  it('is highest along an edge that two buildings share', () => {
    const map = touchingMap([rectangle([0, 0, 8, 4]), rectangle([0, 4, 8, 8])], { size: 8, distance: 1 });
    expectClose(
      row(map, 3, 8),
      [4, 3, 2, 1, 1, 2, 3, 4].map((sum) => (sum > 3 ? 0 : gaussian(sum, 1))),
    );
  });
  it('takes the two nearest of several buildings', () => {
    // The pixel at (1, 3): one pixel to the second, three to the first, nine to the third.
    const buildings = [rectangle([0, 0, 3, 1]), rectangle([0, 4, 3, 6]), rectangle([0, 12, 3, 14])];
    for (const order of [buildings, buildings.toReversed()]) {
      expect(touchingMap(order, { size: 16, distance: 5 })[16 + 3]).toBeCloseTo(gaussian(1 + 3, 5), 6);
    }
  });
  it('is 0 without buildings, for one alone, and for two that are far apart', () => {
    const options = { size: 32, distance: 2 };
    const one = rectangle([4, 4, 10, 10]);
    for (const buildings of [[], [one], [one, rectangle([20, 20, 30, 30])]]) {
      expect(touchingMap(buildings, options)).toEqual(new Float32Array(32 * 32));
    }
  });
  it('does not count the parts of one building as two', () => {
    const parts = [...rectangle([4, 4, 12, 8]), ...rectangle([4, 9, 12, 14])];
    expect(touchingMap([parts], { size: 16, distance: 4 })).toEqual(new Float32Array(256));
    expect(Math.max(...touchingMap([parts, rectangle([12, 4, 15, 8])], { size: 16, distance: 4 }))).toBe(
      Math.fround(gaussian(1, 4)),
    );
  });
  it('holds for buildings at the edge of the image and for those too thin for a pixel', () => {
    const map = touchingMap([rectangle([0, 0, 4, 16]), rectangle([5, 0, 16, 16])], { size: 16, distance: 4 });
    expectClose(map.subarray(4 * 16, 5 * 16), new Array(16).fill(gaussian(2, 4)));
    const thin = rectangle([6, 3, 9, 3.1]);
    expect(touchingMap([thin, rectangle([0, 5, 16, 16])], { size: 16, distance: 4 })).toEqual(
      new Float32Array(256),
    );
  });
  it('is that of brute force over all pixels and buildings', () => {
    const random = createRandom('touching-map');
    const [size, distance] = [40, 2.5];
    for (let round = 0; round < 10; round++) {
      const boxes = Array.from({ length: 2 + random.int(12) }, () => {
        const [y, x] = [random.int(36), random.int(36)];
        return [y, x, Math.min(size, y + 2 + random.int(9)), Math.min(size, x + 2 + random.int(9))];
      });
      const expected = Array.from({ length: size * size }, (_, i) => {
        const [y, x] = [Math.floor(i / size), i % size];
        const [d1, d2] = boxes
          .map(([y1, x1, y2, x2]) =>
            Math.hypot(Math.max(y1! - y, 0, y - y2! + 1), Math.max(x1! - x, 0, x - x2! + 1)),
          )
          .sort((a, b) => a - b) as [number, number];
        return d1 + d2 > 3 * distance ? 0 : gaussian(d1 + d2, distance);
      });
      expectClose(touchingMap(boxes.map(rectangle), { size, distance }), expected);
    }
  });
  it.each(Array.from({ length: 8 }, (_, i) => i))('turns and flips with its outlines: symmetry %i', (i) => {
    const size = 24;
    const symmetry: Symmetry = { transpose: (i & 1) !== 0, flipX: (i & 2) !== 0, flipY: (i & 4) !== 0 };
    const outlines = [rectangle([2, 3, 9, 11]), rectangle([2, 12, 20, 15]), rectangle([11, 5, 22, 11])];
    const moved = outlines.map((rings) => rings.map((ring) => moveRing(ring, symmetry, size)));
    const map = touchingMap(outlines, { size, distance: 3 });
    const { first, perRow, perColumn } = pixelSteps(symmetry, size);
    const expected = new Float32Array(map.length);
    for (const [from, value] of map.entries()) {
      expected[first + Math.floor(from / size) * perRow + (from % size) * perColumn] = value;
    }
    expectClose(touchingMap(moved, { size, distance: 3 }), expected);
  });
});
