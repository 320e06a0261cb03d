import { describe, expect, it } from 'vitest';
import { rasterizeCoverage } from '../../src/masks/rasterize.ts';
import { createRandom } from '../../src/system/random.ts';

const square = (x: number, y: number, side: number) => [x, y, x + side, y, x + side, y + side, x, y + side];
const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

/** A ring around its centre without crossings. */
function randomRing(seed: number): number[] {
  const random = createRandom('ring', seed);
  const corners = 4 + random.int(6);
  const [x, y] = [random.uniform(0, 20), random.uniform(0, 20)];
  return Array.from({ length: corners }, (_, i) => {
    const angle = ((i + random.uniform(0.05, 0.95)) * 2 * Math.PI) / corners;
    const radius = random.uniform(2, 12);
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  }).flat();
}

describe('rasterizeCoverage', () => {
  it('is 1 everywhere for a building that fills its box', () => {
    expect([...rasterizeCoverage([square(3, 4, 10)], [4, 3, 14, 13], 3)]).toEqual(Array(9).fill(1));
  });

  it('is the covered share of each cell, worked by hand', () => {
    // The triangle below the diagonal of a 2x2 box: half of the cells on the diagonal.
    expect([...rasterizeCoverage([[0, 0, 2, 2, 0, 2]], [0, 0, 2, 2], 2)]).toEqual([0.5, 0, 1, 0.5]);
    // Cells of 2x4 pixels (rows x columns); the building covers 1 of 2 rows and 1 of 4 columns.
    expect([...rasterizeCoverage([[3, 1, 5, 1, 5, 3, 3, 3]], [0, 0, 4, 8], 2)]).toEqual(Array(4).fill(1 / 8));
  });

  it('does not depend on the direction of the ring', () => {
    const ring = randomRing(1);
    const reversed = Array.from({ length: ring.length / 2 }, (_, i) =>
      ring.slice(-2 * i - 2, ring.length - 2 * i),
    ).flat();
    const [a, b] = [ring, reversed].map((points) => rasterizeCoverage([points], [2, 3, 17, 19], 9));
    for (const [i, value] of a!.entries()) expect(value).toBeCloseTo(b![i]!, 6);
  });

  it('adds up parts and never exceeds 1', () => {
    const box = [0, 0, 8, 8] as const;
    const parts = rasterizeCoverage([square(0, 0, 4), square(4, 4, 4)], box, 4);
    expect(sum(parts)).toBeCloseTo(8, 6);
    expect([...rasterizeCoverage([square(0, 0, 8), square(0, 0, 8)], box, 2)]).toEqual([1, 1, 1, 1]);
  });

  it('cuts off what lies outside the box, on every side', () => {
    const inside = rasterizeCoverage([[-100, 2, 100, 2, 100, 4, -100, 4]], [0, 0, 8, 8], 4);
    expect([...inside]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (const [x, y] of [
      [-20, 0],
      [20, 0],
      [0, -20],
      [0, 20],
    ] as const) {
      expect(sum(rasterizeCoverage([square(x, y, 8)], [0, 0, 8, 8], 4))).toBeCloseTo(0, 6);
    }
  });

  it('keeps the area: the sum of the cells is the area of the polygon', () => {
    for (let seed = 0; seed < 50; seed++) {
      const ring = randomRing(seed);
      let area = 0;
      for (let i = 0; i < ring.length; i += 2) {
        const next = (i + 2) % ring.length;
        area += (ring[i]! * ring[next + 1]! - ring[next]! * ring[i + 1]!) / 2;
      }
      const [size, side] = [17, 60];
      const coverage = rasterizeCoverage([ring], [-20, -20, 40, 40], size);
      expect(sum(coverage) * (side / size) ** 2).toBeCloseTo(Math.abs(area), 3);
      for (const value of coverage) expect(value >= 0 && value <= 1).toBe(true);
    }
  });

  it('agrees with counting 64x64 points in each cell', () => {
    const [size, points, box] = [4, 64, [3.3, 2.1, 17.7, 19.4] as const];
    for (let seed = 0; seed < 5; seed++) {
      const ring = randomRing(seed);
      const coverage = rasterizeCoverage([ring], box, size);
      for (let cell = 0; cell < size * size; cell++) {
        let inside = 0;
        for (let p = 0; p < points * points; p++) {
          const row = Math.floor(cell / size) + (Math.floor(p / points) + 0.5) / points;
          const column = (cell % size) + ((p % points) + 0.5) / points;
          const y = box[0] + (row * (box[2] - box[0])) / size;
          const x = box[1] + (column * (box[3] - box[1])) / size;
          if (isInside(ring, x, y)) inside++;
        }
        // An edge through a cell misjudges at most about one row of points.
        expect(Math.abs(coverage[cell]! - inside / points ** 2)).toBeLessThan(1.5 / points);
      }
    }
  });

  it('is all 0 for a box without area and for no polygons', () => {
    expect(sum(rasterizeCoverage([square(0, 0, 8)], [2, 2, 2, 6], 4))).toBe(0);
    expect([...rasterizeCoverage([], [0, 0, 8, 8], 2)]).toEqual([0, 0, 0, 0]);
  });
});

function isInside(ring: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    const [xa, ya, xb, yb] = [ring[i]!, ring[i + 1]!, ring[next]!, ring[next + 1]!];
    if (ya > y !== yb > y && x < xa + ((xb - xa) * (y - ya)) / (yb - ya)) inside = !inside;
  }
  return inside;
}
