import { describe, expect, it } from 'vitest';
import { bridgeHoles } from '../../src/masks/bridge-holes.ts';
import {
  clipPolygon,
  pointInPolygon,
  polygonArea,
  polygonDistance,
  polygonsBox,
  signedArea,
} from '../../src/masks/polygon.ts';
import { rasterizeCoverage } from '../../src/masks/rasterize.ts';
import { tracePolygons } from '../../src/masks/trace-polygons.ts';
import { createRandom, type Random } from '../../src/system/random.ts';

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

  it('cuts one of 300,000 points', () => {
    const saw = Array.from({ length: 150_000 }, (_, i) => [i / 2, 3, i / 2, 1]).flat();
    const parts = clipPolygon([...saw, 75_000, -5, 0, -5], 80_000, 9);
    expect(parts).toHaveLength(1);
    // A trapezium below each tooth, and a triangle at the end.
    expect(polygonArea(parts[0]!)).toBeCloseTo(149_999 + 1 / 24, 5);
  });
});

describe('clipPolygon of rings with holes', () => {
  const N = 12;
  const areaOf = (parts: number[][]) => parts.reduce((sum, part) => sum + polygonArea(part), 0);
  /** Begun elsewhere, and every other one the other way round. */
  const otherwise = (ring: readonly number[], shift: number) => {
    const at = 2 * (shift % (ring.length / 2));
    const begun = [...ring.slice(at), ...ring.slice(0, at)];
    return shift % 2 === 0 ? begun : reversed(begun);
  };

  /** [N, N] row by row: a house with courtyards, in some of which another house stands; one in four is noise. */
  function randomMask(random: Random): Uint8Array {
    const mask = new Uint8Array(N * N);
    if (random.next() < 0.25) return mask.map(() => Number(random.next() < 0.8));
    const fill = ([x, y, width, height]: readonly [number, number, number, number], value: number) => {
      for (let row = y; row < y + height; row++) mask.fill(value, row * N + x, row * N + x + width);
    };
    fill([random.int(2), random.int(2), 10, 10], 1);
    for (let i = random.int(4); i >= 0; i--) {
      const [x, y, side] = [2 + random.int(5), 2 + random.int(5), 1 + random.int(5)];
      fill([x, y, side, side], 0);
      if (side > 2) fill([x + 1, y + 1, side - 2, side - 2], random.int(2));
    }
    return mask;
  }
  function tracedRings(mask: Uint8Array): number[][] {
    const counts: number[] = [0];
    let state = 0;
    for (let i = 0; i < N * N; i++) {
      const value = mask[(i % N) * N + Math.floor(i / N)]!;
      if (value !== state) counts.push(0);
      counts[counts.length - 1]!++;
      state = value;
    }
    return tracePolygons({ size: [N, N], counts: Uint32Array.from(counts) });
  }
  /** How much of each pixel is inside the mask and the window. */
  function windowed(mask: Uint8Array, [y1, x1, y2, x2]: readonly number[]): Float64Array {
    const share = (at: number, from: number, to: number) =>
      Math.max(0, Math.min(at + 1, to) - Math.max(at, from));
    return Float64Array.from(
      mask,
      (value, i) => value * share(i % N, x1!, x2!) * share(Math.floor(i / N), y1!, y2!),
    );
  }

  it.each([
    ['whole', () => 0],
    ['broken', (random: Random) => random.next()],
  ])('keeps them exactly, in windows of %s pixels', (name, fraction) => {
    const random = createRandom('donuts', name);
    for (let trial = 0; trial < 1000; trial++) {
      const mask = randomMask(random);
      const [x1, y1] = [random.int(N - 2) + fraction(random), random.int(N - 2) + fraction(random)];
      const [width, height] = [1 + random.int(N) + fraction(random), 1 + random.int(N) + fraction(random)];
      const parts = tracedRings(mask).flatMap((ring) => {
        const moved = ring.map((at, i) => at - (i % 2 === 0 ? x1 : y1));
        return clipPolygon(otherwise(moved, random.int(20)), width, height);
      });
      const truth = windowed(mask, [y1, x1, y1 + height, x1 + width]);
      // A hole that has come off would be a part of its own, and count.
      expect(areaOf(parts)).toBeCloseTo(
        truth.reduce((sum, share) => sum + share, 0),
        8,
      );
      const coverage = rasterizeCoverage(parts, [-y1, -x1, N - y1, N - x1], N);
      expect(Math.max(...truth.map((share, i) => Math.abs(share - coverage[i]!)))).toBeLessThan(1e-5);
    }
  });

  it('keeps one whose doubled line is cut where it runs along an edge', () => {
    const notched = [0, 0, 6, 0, 6, 6, 0, 6, 0, 2, 1, 2, 1, 1, 0, 1];
    const ring = bridgeHoles(notched, [[1, 3, 3, 3, 3, 5, 1, 5]]).map((at, i) => at - (i % 2) * 1.5);
    for (let shift = 0; shift < ring.length; shift++) {
      const parts = clipPolygon(otherwise(ring, shift), 6, 9);
      expect(parts.map(polygonArea)).toEqual([6 * 4.5 - 0.5 - 4]);
      const mirrored = otherwise(ring, shift).map((at, i) => (i % 2 === 0 ? at : 4.5 - at));
      expect(clipPolygon(mirrored, 6, 4.5).map(polygonArea)).toEqual([6 * 4.5 - 0.5 - 4]);
    }
  });

  it('widens no box by what only touches the border', () => {
    // The arm of an L lies on the other side of the border, along it.
    expect(polygonsBox(clipPolygon([0, -3, 9, -3, 9, 0, 4, 0, 4, 5, 0, 5], 10, 10))).toEqual([0, 0, 5, 4]);
    expect(clipPolygon([2, -3, 6, -3, 6, 0, 2, 0], 10, 10)).toEqual([]);
  });
});
