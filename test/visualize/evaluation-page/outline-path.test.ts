import { describe, expect, it } from 'vitest';
import { encodeRle, type Rle } from '../../../src/masks/rle.ts';
import { tracePolygons } from '../../../src/masks/trace-polygons.ts';
import { createRandom } from '../../../src/system/random.ts';
import { outlinePath } from '../../../src/visualize/evaluation-page/outline-path.ts';

type Point = [x: number, y: number];

/** A mask from a drawing: `#` is building. */
function drawn(...rows: string[]): Rle {
  const pixels = rows.flatMap((row) => [...row].map((character) => (character === '#' ? 1 : 0)));
  return encodeRle(Uint8Array.from(pixels), rows.length, rows[0]!.length);
}

/** The loops of a path, as absolute points in pixels. */
function loopsOf(path: string): Point[][] {
  return path
    .split('z')
    .slice(0, -1)
    .map((loop) => {
      const points: Point[] = [];
      let [x, y] = [0, 0];
      for (const [, command, list] of loop.matchAll(/([Mhvl])([-\d ]*)/g)) {
        const numbers = [...list!.matchAll(/-?\d+/g)].map(Number);
        const step = command === 'h' || command === 'v' ? 1 : 2;
        for (let i = 0; i < numbers.length; i += step) {
          if (command === 'M') [x, y] = [numbers[i]!, numbers[i + 1]!];
          else if (command === 'h') x += numbers[i]!;
          else if (command === 'v') y += numbers[i]!;
          else [x, y] = [x + numbers[i]!, y + numbers[i + 1]!];
          points.push([x / 2, y / 2]);
        }
      }
      return points;
    });
}

/** Fills the loops by the even-odd rule, at the centres of pixels. */
function filled(loops: Point[][], height: number, width: number): Uint8Array {
  return Uint8Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5];
    let inside = false;
    for (const loop of loops) {
      for (const [k, [x1, y1]] of loop.entries()) {
        const [x2, y2] = loop[(k + 1) % loop.length]!;
        if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
      }
    }
    return inside ? 1 : 0;
  });
}

function distance([x, y]: Point, loops: Point[][]): number {
  const distances = loops.flatMap((loop) =>
    loop.map(([x1, y1], k) => {
      const [x2, y2] = loop[(k + 1) % loop.length]!;
      const [dx, dy] = [x2 - x1, y2 - y1];
      const along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy);
      const share = Math.min(1, Math.max(0, along));
      return Math.hypot(x - x1 - share * dx, y - y1 - share * dy);
    }),
  );
  return Math.min(...distances);
}

/** Blobs, holes, single pixels, and corners that touch. */
function randomMask(seed: string, height: number, width: number): Uint8Array {
  const random = createRandom(seed);
  const density = random.uniform(0.05, 0.95);
  const coarse = random.int(3) + 1;
  const cells = Array.from({ length: height * width }, () => (random.next() < density ? 1 : 0));
  return Uint8Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return cells[Math.floor(y / coarse) * width + Math.floor(x / coarse)]!;
  });
}

describe('outlinePath', () => {
  it('goes around a rectangle, closed, in whole relative steps', () => {
    expect(outlinePath(drawn('....', '.##.', '.##.', '.##.'), 0)).toBe('M2 2h4v6h-4z');
  });

  it('is empty for an empty mask', () => {
    expect(outlinePath(drawn('...', '...'), 0)).toBe('');
  });

  it('has a loop of its own for a hole, without a line to it, and for each part', () => {
    const court = drawn('......##', '......##', '.#####..', '.#...#..', '.#...#..', '.#####..');
    const loops = loopsOf(outlinePath(court, 0));
    expect(loops.map((loop) => loop.length)).toEqual([4, 4, 4]);
    const corners = loops.map((loop) => new Set(loop.map((point) => point.join())));
    expect(corners).toContainEqual(new Set(['1,2', '1,6', '6,2', '6,6']));
    expect(corners).toContainEqual(new Set(['2,3', '2,5', '5,3', '5,5']));
    expect(corners).toContainEqual(new Set(['6,0', '6,2', '8,0', '8,2']));
  });

  it('is the mask exactly, filled by even-odd, but for half a pixel at stairs', () => {
    for (let seed = 0; seed < 300; seed++) {
      const [height, width] = [4 + (seed % 11), 3 + (seed % 13)];
      const mask = randomMask(`exact ${seed}`, height, width);
      const loops = loopsOf(outlinePath(encodeRle(mask, height, width), 0));
      expect(filled(loops, height, width), `seed ${seed}`).toEqual(mask);
    }
  });

  it('makes the stairs of a slanted edge one straight line, and keeps corners', () => {
    const side = 40;
    const steep = Uint8Array.from({ length: side * side }, (_, i) =>
      3 * (i % side) <= Math.floor(i / side) ? 1 : 0,
    );
    const [loop, ...others] = loopsOf(outlinePath(encodeRle(steep, side, side), 0.1));
    expect(others).toEqual([]);
    expect(loop!.length).toBeLessThanOrEqual(6);
    const ends = [
      [0, 40],
      [14, 40],
    ] as const;
    for (const end of ends) expect(distance([...end], [loop!])).toBeLessThanOrEqual(0.5);
  });

  it('stays within the tolerance of every corner of the mask, and keeps single pixels', () => {
    for (let seed = 0; seed < 20; seed++) {
      const mask = encodeRle(randomMask(`near ${seed}`, 16, 16), 16, 16);
      const corners = tracePolygons(mask).flatMap((ring) =>
        Array.from({ length: ring.length / 2 }, (_, i): Point => [ring[2 * i]!, ring[2 * i + 1]!]),
      );
      for (const tolerance of [0, 1.5]) {
        const loops = loopsOf(outlinePath(mask, tolerance));
        const worst = Math.max(0, ...corners.map((point) => distance(point, loops)));
        expect(worst, `seed ${seed}`).toBeLessThanOrEqual(tolerance + 0.5);
      }
    }
    expect(loopsOf(outlinePath(drawn('...', '.#.', '...'), 9))[0]!.length).toBe(4);
  });

  it('has bounds, also for noise', () => {
    const random = createRandom('noise');
    const noise = Uint8Array.from({ length: 400 * 400 }, () => random.int(2));
    const path = outlinePath(encodeRle(noise, 400, 400), 0.5);
    expect(path.length).toBeLessThanOrEqual(20_000);
    expect(loopsOf(path).length).toBeGreaterThan(50);
  });

  it('draws a spiral, which is one loop too long to draw exactly', () => {
    const windings = (side: number) => {
      const pixels = Uint8Array.from({ length: side * side }, (_, i) => {
        const [y, x] = [Math.floor(i / side) - side / 2, (i % side) - side / 2];
        const turns = Math.hypot(y, x) / 6 - Math.atan2(y, x) / (2 * Math.PI);
        return Math.hypot(y, x) < side / 2 - 1 && turns - Math.floor(turns) < 0.5 ? 1 : 0;
      });
      return encodeRle(pixels, side, side);
    };
    const paths = [200, 800].map((side) => outlinePath(windings(side), 0.5));
    for (const path of paths) {
      expect(path.length).toBeLessThanOrEqual(20_000);
      expect(Math.max(...loopsOf(path).map((loop) => loop.length))).toBeGreaterThan(100);
    }
  });
});
