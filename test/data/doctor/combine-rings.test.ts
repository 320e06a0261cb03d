import { describe, expect, it } from 'vitest';
import { uniteInside, uniteRings } from '../../../src/data/doctor/combine-rings.ts';
import { polygonArea } from '../../../src/masks/polygon.ts';
import { createRandom } from '../../../src/system/random.ts';

const areaOf = (rings: readonly (readonly number[])[] | null) =>
  rings!.reduce((sum, ring) => sum + polygonArea(ring), 0);

/**
 * The area that any of the rings runs round, by cutting the plane at every corner and crossing into strips in which edges keep
 * their order: exact, slow, and without anything of the code under test.
 */
function nonZeroArea(rings: readonly (readonly number[])[]): number {
  type Edge = { x1: number; y1: number; x2: number; y2: number; winding: number; of: number };
  const edges: Edge[] = [];
  const cuts: number[] = [];
  for (const [of, ring] of rings.entries()) {
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      const [x1, y1, x2, y2] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
      cuts.push(x1);
      if (x1 < x2) edges.push({ x1, y1, x2, y2, winding: 1, of });
      if (x1 > x2) edges.push({ x1: x2, y1: y2, x2: x1, y2: y1, winding: -1, of });
    }
  }
  const slope = ({ x1, y1, x2, y2 }: Edge) => (y2 - y1) / (x2 - x1);
  for (const [i, a] of edges.entries()) {
    for (const b of edges.slice(0, i)) {
      const x = (b.y1 - slope(b) * b.x1 - a.y1 + slope(a) * a.x1) / (slope(a) - slope(b));
      if (x > Math.max(a.x1, b.x1) && x < Math.min(a.x2, b.x2)) cuts.push(x);
    }
  }
  cuts.sort((a, b) => a - b);
  let area = 0;
  for (const [k, right] of cuts.entries()) {
    const left = cuts[k - 1] ?? right;
    const middle = (left + right) / 2;
    const crossed = edges
      .filter(({ x1, x2 }) => x1 < middle && x2 > middle)
      .map((edge) => ({ ...edge, y: edge.y1 + slope(edge) * (middle - edge.x1) }))
      .sort((a, b) => a.y - b.y);
    const windings = rings.map(() => 0);
    for (const [n, { y, winding, of }] of crossed.entries()) {
      if (windings.some((times) => times !== 0)) area += (y - crossed[n - 1]!.y) * (right - left);
      windings[of]! += winding;
    }
  }
  return area;
}

describe('uniteRings', () => {
  it('makes two triangles of a bow tie', () => {
    const rings = uniteRings([[0, 0, 10, 10, 10, 0, 0, 10]]);
    expect(rings).toHaveLength(2);
    expect(areaOf(rings)).toBe(50);
  });

  it('keeps what a ring runs round twice', () => {
    // A square of 10, and on its way a second round of the square of 4 in its corner.
    const rings = uniteRings([[0, 0, 4, 0, 4, 4, 0, 4, 0, 0, 10, 0, 10, 10, 0, 10]]);
    expect(areaOf(rings)).toBe(100);
  });

  it('unites what overlaps, and leaves apart what does not', () => {
    const rings = uniteRings([
      [0, 0, 10, 0, 10, 10, 0, 10],
      [5, 5, 15, 5, 15, 15, 5, 15],
      [20, 20, 30, 20, 30, 30, 20, 30],
    ]);
    expect(rings!.map((ring) => polygonArea(ring))).toEqual([175, 100]);
  });

  it('joins a hole to its outline', () => {
    // Four bars round a court of 6 x 6.
    const rings = uniteRings([
      [0, 0, 10, 0, 10, 2, 0, 2],
      [0, 8, 10, 8, 10, 10, 0, 10],
      [0, 0, 2, 0, 2, 10, 0, 10],
      [8, 0, 10, 0, 10, 10, 8, 10],
    ]);
    expect(rings).toHaveLength(1);
    expect(polygonArea(rings![0]!)).toBeCloseTo(64, 9);
  });

  it('is empty for nothing', () => {
    expect(uniteRings([])).toEqual([]);
    expect(uniteRings([[0, 0, 5, 5, 10, 10]])).toEqual([]);
  });

  it('covers what the rings run round, whatever they do, once', () => {
    const random = createRandom(6, 'rings');
    for (let k = 0; k < 400; k++) {
      const onGrid = k % 2 === 0;
      const step = onGrid ? 10 : 1 / 1024;
      const coordinate = () => step * Math.floor(random.uniform(0, 100) / step);
      const rings = Array.from({ length: 1 + (k % 3) }, () =>
        Array.from({ length: 2 * (3 + Math.floor(random.uniform(0, 8))) }, coordinate),
      );
      const united = uniteRings(rings)!;
      const expected = nonZeroArea(rings);
      expect(Math.abs(areaOf(united) - expected), JSON.stringify(rings)).toBeLessThan(0.1);
      // No part of the result is run round twice, or the wrong way round.
      expect(Math.abs(areaOf(united) - nonZeroArea(united)), JSON.stringify(rings)).toBeLessThan(1e-6);
    }
  });
});

describe('uniteInside', () => {
  it('cuts at the borders', () => {
    const rings = uniteInside([[-5, -5, 5, -5, 5, 5, -5, 5]], { width: 8, height: 4 });
    expect(rings).toEqual([[0, 0, 5, 0, 5, 4, 0, 4]]);
  });

  it('leaves a keyhole open that the border cuts', () => {
    const keyhole = [-9, 0, 9, 0, 9, 9, -9, 9, -9, 3, -3, 3, -3, 6, 6, 6, 6, 3, -3, 3, -9, 3];
    expect(polygonArea(keyhole)).toBe(162 - 27);
    expect(areaOf(uniteInside([keyhole], { width: 20, height: 20 }))).toBe(81 - 18);
  });

  it('is empty outside', () => {
    expect(uniteInside([[-5, -5, -1, -5, -1, -1]], { width: 8, height: 8 })).toEqual([]);
  });
});
