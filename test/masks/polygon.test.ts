import { describe, expect, it } from 'vitest';
import {
  clipPolygon,
  pointInPolygon,
  polygonArea,
  polygonDistance,
  polygonsBox,
  signedArea,
} from '../../src/masks/polygon.ts';
import { createRandom } from '../../src/system/random.ts';

const SQUARE = [0, 0, 4, 0, 4, 4, 0, 4];
/** A U, open at the top: its arms are 2 wide, 6 high, with 2 between them. */
const U = [0, 0, 2, 0, 2, 4, 4, 4, 4, 0, 6, 0, 6, 6, 0, 6];

function reversed(polygon: readonly number[]): number[] {
  return Array.from({ length: polygon.length / 2 }, (_, i) => polygon.slice(2 * i, 2 * i + 2))
    .toReversed()
    .flat();
}

describe('polygonArea', () => {
  it('is that of a square, a triangle and a U, in either direction', () => {
    expect(polygonArea(SQUARE)).toBe(16);
    expect(polygonArea([1, 1, 5, 1, 1, 4])).toBe(6);
    expect(polygonArea(U)).toBe(28);
    expect(polygonArea(reversed(U))).toBe(28);
  });

  it('is 0 for no point, one and two', () => {
    expect([[], [1, 2], [1, 2, 3, 4]].map(polygonArea)).toEqual([0, 0, 0]);
  });
});

describe('signedArea', () => {
  it('is positive clockwise on the screen, negative the other way round', () => {
    expect([signedArea(SQUARE), signedArea(reversed(SQUARE))]).toEqual([16, -16]);
  });
});

describe('polygonsBox', () => {
  it('is [y1, x1, y2, x2] around all parts', () => {
    expect(polygonsBox([SQUARE, [-1, 2, 7, 3, 5, 9]])).toEqual([0, -1, 9, 7]);
  });

  it('is four zeros for nothing', () => {
    expect(polygonsBox([])).toEqual([0, 0, 0, 0]);
    expect(polygonsBox([[]])).toEqual([0, 0, 0, 0]);
  });
});

describe('pointInPolygon', () => {
  it('tells the notch of a U from its arms', () => {
    expect(pointInPolygon(U, 1, 1)).toBe(true);
    expect(pointInPolygon(U, 3, 1)).toBe(false);
    expect(pointInPolygon(U, 3, 5)).toBe(true);
    expect(pointInPolygon(U, 7, 1)).toBe(false);
  });

  it('gives each point on a shared edge to one of the neighbours', () => {
    const right = SQUARE.map((value, i) => (i % 2 === 0 ? value + 4 : value));
    for (const y of [0, 0.5, 2, 3.9]) {
      expect([pointInPolygon(SQUARE, 4, y), pointInPolygon(right, 4, y)]).toEqual([false, true]);
    }
  });
});

describe('polygonDistance', () => {
  const moved = (dx: number, dy: number) => SQUARE.map((value, i) => value + (i % 2 === 0 ? dx : dy));

  it('is measured from edge to edge and from corner to corner', () => {
    expect(polygonDistance(SQUARE, moved(6.5, 1))).toBe(2.5);
    expect(polygonDistance(SQUARE, moved(7, 8))).toBe(5);
  });

  it('is measured from a corner to the middle of an edge', () => {
    expect(polygonDistance(SQUARE, [5, 2, 9, 0, 9, 4])).toBe(1);
    expect(polygonDistance([5, 2, 9, 0, 9, 4], SQUARE)).toBe(1);
  });

  it('is 0 for a shared edge, a shared corner, crossing and containment', () => {
    expect(polygonDistance(SQUARE, moved(4, 1))).toBe(0);
    expect(polygonDistance(SQUARE, moved(4, 4))).toBe(0);
    expect(polygonDistance([-1, 1, 5, 1, 5, 2, -1, 2], [1, -1, 2, -1, 2, 5, 1, 5])).toBe(0);
    expect(polygonDistance(SQUARE, [1, 1, 2, 1, 2, 2])).toBe(0);
    expect(polygonDistance([1, 1, 2, 1, 2, 2], SQUARE)).toBe(0);
  });

  it('is that into the notch of a U, not that to its hull', () => {
    expect(polygonDistance(U, [2.5, 0, 3.5, 0, 3.5, 3, 2.5, 3])).toBe(0.5);
  });
});

describe('clipPolygon', () => {
  it('leaves what is inside as it is, in a new array', () => {
    const parts = clipPolygon(SQUARE, 10, 10);
    expect(parts).toEqual([SQUARE]);
    expect(parts[0]).not.toBe(SQUARE);
  });

  it('is empty for what is outside, beyond each border and beyond a corner', () => {
    const outside = [
      [-9, 2, -5, 2, -5, 6],
      [20, 2, 25, 2, 25, 6],
      [2, -9, 2, -5, 6, -5],
      [2, 20, 2, 25, 6, 25],
      [-5, 8, -1, 25, -20, 30],
    ];
    expect(outside.map((polygon) => clipPolygon(polygon, 10, 10))).toEqual([[], [], [], [], []]);
  });

  it('cuts a square at a corner of the image', () => {
    const parts = clipPolygon([-2, -2, 3, -2, 3, 3, -2, 3], 10, 10);
    expect(parts.map(polygonArea)).toEqual([9]);
    expect(polygonsBox(parts)).toEqual([0, 0, 3, 3]);
  });

  it('is the whole image for a polygon around it', () => {
    expect(clipPolygon([-50, -50, 50, -50, 50, 50, -50, 50], 10, 6).map(polygonArea)).toEqual([60]);
  });

  it('parts a U whose bottom lies beyond the border', () => {
    const parts = clipPolygon(U, 10, 3);
    expect(parts.map(polygonArea)).toEqual([6, 6]);
    expect(parts.map((part) => polygonsBox([part]))).toEqual(
      expect.arrayContaining([
        [0, 0, 3, 2],
        [0, 4, 3, 6],
      ]),
    );
  });

  it('keeps the notch of a U that lies on the border', () => {
    const upwards = U.map((value, i) => (i % 2 === 1 ? value - 2 : value));
    expect(clipPolygon(upwards, 10, 10).map(polygonArea)).toEqual([20]);
  });

  it('keeps exactly the inner points of random star-shaped polygons, whichever way they run', () => {
    const random = createRandom('clip');
    for (let trial = 0; trial < 60; trial++) {
      const star = Array.from({ length: 14 }, (_, i) => {
        const [angle, radius] = [(i / 14) * 2 * Math.PI, random.uniform(2, 14)];
        return [8 + radius * Math.cos(angle), 3 + radius * Math.sin(angle)];
      }).flat();
      const polygon = trial % 2 === 0 ? star : reversed(star);
      const parts = clipPolygon(polygon, 12, 9);
      const [y1, x1, y2, x2] = polygonsBox(parts);
      expect([y1 >= 0, x1 >= 0, y2 <= 9, x2 <= 12]).toEqual([true, true, true, true]);
      for (let i = 0; i < 80; i++) {
        const [x, y] = [random.uniform(0, 12), random.uniform(0, 9)];
        const holders = parts.filter((part) => pointInPolygon(part, x, y)).length;
        expect(holders).toBe(pointInPolygon(polygon, x, y) ? 1 : 0);
      }
    }
  });
});
