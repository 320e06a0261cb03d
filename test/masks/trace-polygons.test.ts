import { describe, expect, it } from 'vitest';
import { polygonArea, signedArea } from '../../src/masks/polygon.ts';
import { encodeRle, type Rle, rleArea } from '../../src/masks/rle.ts';
import { rleFromPolygons } from '../../src/masks/rle-from-polygons.ts';
import { tracePolygons } from '../../src/masks/trace-polygons.ts';
import { createRandom } from '../../src/system/random.ts';

/** A mask drawn with '#'. */
function mask(...rows: string[]): Rle {
  const pixels = Uint8Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0));
  return encodeRle(pixels, rows.length, rows[0]!.length);
}

function expectSameMask(rle: Rle, rings: readonly number[][]): void {
  const [height, width] = rle.size;
  const counts = rings.length === 0 ? [height * width] : [...rleFromPolygons(rings, height, width).counts];
  expect(counts).toEqual([...rle.counts]);
  expect(rings.reduce((sum, ring) => sum + signedArea(ring), 0)).toBe(rleArea(rle));
}

describe('tracePolygons', () => {
  it('gives nothing for an empty mask', () => {
    expect(tracePolygons(mask('...', '...'))).toEqual([]);
  });

  it('goes round a pixel, clockwise, by its corners', () => {
    expect(tracePolygons(mask('...', '..#', '...'))).toEqual([[3, 1, 3, 2, 2, 2, 2, 1]]);
  });

  it('leaves out points on straight lines', () => {
    expect(tracePolygons(mask('####', '####'))).toEqual([[4, 0, 4, 2, 0, 2, 0, 0]]);
    expect(tracePolygons(mask('###', '##.', '###'))).toEqual([
      [3, 0, 3, 1, 2, 1, 2, 2, 3, 2, 3, 3, 0, 3, 0, 0],
    ]);
  });

  it('takes pixels that touch only with their corners for two parts', () => {
    expect(tracePolygons(mask('#.', '.#'))).toHaveLength(2);
    expect(tracePolygons(mask('.#', '#.'))).toHaveLength(2);
    expect(tracePolygons(mask('#.#', '.#.', '#.#'))).toHaveLength(5);
  });

  it('joins a hole to its outline by a doubled line', () => {
    const rings = tracePolygons(mask('####', '#..#', '####'));
    expect(rings).toEqual([[1, 0, 1, 2, 3, 2, 3, 1, 1, 1, 1, 0, 4, 0, 4, 3, 0, 3, 0, 0]]);
    expect(polygonArea(rings[0]!)).toBe(10);
  });

  it('keeps islands in holes apart, and joins holes below holes', () => {
    const nested = mask('#######', '#.....#', '#.###.#', '#.#.#.#', '#.###.#', '#.....#', '#######');
    expect(tracePolygons(nested)).toHaveLength(2);
    expectSameMask(nested, tracePolygons(nested));
    const column = mask('###', '#.#', '###', '#.#', '###');
    expect(tracePolygons(column)).toHaveLength(1);
    expectSameMask(column, tracePolygons(column));
  });

  it('follows a gap that opens through a corner', () => {
    const corner = mask('.##', '#.#', '###');
    expect(tracePolygons(corner)).toHaveLength(1);
    expectSameMask(corner, tracePolygons(corner));
  });

  it('joins runs that a run of no length divides', () => {
    const split: Rle = { size: [6, 1], counts: Uint32Array.of(1, 2, 0, 2, 1) };
    expect(tracePolygons(split)).toEqual([[1, 1, 1, 5, 0, 5, 0, 1]]);
  });

  it('gives back the same mask to the last pixel, whatever the mask', () => {
    const random = createRandom(1, 'trace');
    for (let i = 0; i < 1500; i++) {
      const [height, width] = [1 + random.int(14), 1 + random.int(14)];
      const density = random.next();
      const pixels = Uint8Array.from({ length: height * width }, () => (random.next() < density ? 1 : 0));
      const rle = encodeRle(pixels, height, width);
      const rings = tracePolygons(rle);
      expectSameMask(rle, rings);
      for (const ring of rings) expect(signedArea(ring)).toBeGreaterThan(0);
      expectBridgesInside(rings, (x, y) => pixels[y * width + x] === 1);
      expect(rings).toHaveLength(countParts(pixels, height, width));
    }
  });

  it('takes time by the outline, not by the pixels', () => {
    const size = 40_000;
    const square: Rle = { size: [size, size], counts: Uint32Array.of(0, size * size) };
    expect(tracePolygons(square)).toEqual([[size, 0, size, size, 0, size, 0, 0]]);
  });
});

/** What is walked both up and down is a bridge: there is building on both sides of it. */
function expectBridgesInside(
  rings: readonly number[][],
  isBuilding: (x: number, y: number) => boolean,
): void {
  const [down, up] = [new Set<string>(), new Set<string>()];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const [x, y, nextX, nextY] = [...ring.slice(i), ...ring].slice(0, 4) as [
        number,
        number,
        number,
        number,
      ];
      if (x !== nextX) continue;
      for (let row = Math.min(y, nextY); row < Math.max(y, nextY); row++)
        (y < nextY ? down : up).add(`${x} ${row}`);
    }
  }
  for (const place of down) {
    if (!up.has(place)) continue;
    const [x, y] = place.split(' ').map(Number) as [number, number];
    expect(isBuilding(x - 1, y) && isBuilding(x, y)).toBe(true);
  }
}

/** 4-connected parts, by flooding. */
function countParts(pixels: Uint8Array, height: number, width: number): number {
  const left = Uint8Array.from(pixels);
  let parts = 0;
  for (let start = 0; start < left.length; start++) {
    if (left[start] === 0) continue;
    parts++;
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (left[at] === 0) continue;
      left[at] = 0;
      const [y, x] = [Math.floor(at / width), at % width];
      if (y > 0) open.push(at - width);
      if (y + 1 < height) open.push(at + width);
      if (x > 0) open.push(at - 1);
      if (x + 1 < width) open.push(at + 1);
    }
  }
  return parts;
}
