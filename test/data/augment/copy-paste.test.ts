import { describe, expect, it } from 'vitest';
import type { Canvas } from '../../../src/data/augment/canvas.ts';
import { pasteBuildings } from '../../../src/data/augment/copy-paste.ts';
import { polygonArea, polygonsBox } from '../../../src/masks/polygon.ts';
import { rasterizeCoverage } from '../../../src/masks/rasterize.ts';
import { createRandom } from '../../../src/system/random.ts';

const SIZE = 64;
const WHOLE = { left: 0, top: 0, width: SIZE, height: SIZE };
const rectangle = (x1: number, y1: number, x2: number, y2: number) => [x1, y1, x2, y1, x2, y2, x1, y2];
const flat = (
  value: number,
  outlines: number[][][],
  filled = [WHOLE],
  crowds: number[][][] = [],
): Canvas => ({
  size: SIZE,
  pixels: new Uint8Array(SIZE * SIZE * 3).fill(value),
  filled,
  outlines,
  crowds,
});
const coverage = (rings: readonly number[][]) => rasterizeCoverage(rings, [0, 0, SIZE, SIZE], SIZE);
/** What the rasteriser leaves of a pixel beside a building. */
const ROUNDING = 1e-6;
const seeds = Array.from({ length: 100 }, (_, i) => i);
/** Turned, so that its edges are partly covered pixels. */
const TILTED = [20.3, 10.2, 33.1, 14.9, 28.6, 27.4, 15.9, 22.2];
const ELL = [40, 40, 52, 40, 52, 44, 45, 44, 45, 60, 40, 60];

describe('pasteBuildings', () => {
  it('mixes by what a building covers of each pixel, and says where it is', () => {
    for (const seed of seeds) {
      const canvas = flat(40, []);
      const pasted = pasteBuildings(canvas, flat(240, [[TILTED]]), { most: 1, random: createRandom(seed) });
      expect(pasted).toHaveLength(1);
      const share = coverage(pasted[0]!);
      const differences = Float64Array.from(canvas.pixels, (value, i) => {
        return Math.abs(value - (40 + 200 * share[Math.floor(i / 3)]!));
      });
      expect(Math.max(...differences)).toBeLessThan(0.51);
    }
  });
  it('moves by whole pixels and symmetries only: the picture of a building stays as it was', () => {
    const donor = flat(0, [[ELL]]);
    donor.pixels.forEach((_, i) => {
      donor.pixels[i] = 1 + (Math.floor(i / 3) % 251);
    });
    const inside = (canvas: Canvas, rings: number[][]) => {
      const share = coverage(rings);
      return [...canvas.pixels.filter((_, i) => i % 3 === 0 && share[i / 3] === 1)].sort((a, b) => a - b);
    };
    for (const seed of seeds) {
      const canvas = flat(0, []);
      const [rings] = pasteBuildings(canvas, donor, { most: 1, random: createRandom(seed) });
      for (const at of rings![0]!) expect(Number.isInteger(at)).toBe(true);
      expect(polygonArea(rings![0]!)).toBe(polygonArea(ELL));
      expect(inside(canvas, rings!)).toEqual(inside(donor, [ELL]));
    }
  });
  it('puts nothing over a building or over what is put already, nor outside of the images', () => {
    const filled = [
      { left: 0, top: 0, width: 40, height: 64 },
      { left: 40, top: 20, width: 20, height: 30 },
    ];
    const existing = [[rectangle(5.5, 5.5, 20.5, 30.5)], [TILTED.map((at) => at + 12)]];
    let count = 0;
    for (const seed of seeds) {
      const donor = flat(240, [[TILTED], [rectangle(1, 1, 9, 12)], [rectangle(30, 2, 41, 9)]]);
      const canvas = flat(40, existing, filled);
      const pasted = pasteBuildings(canvas, donor, { most: 3, random: createRandom(seed) });
      count += pasted.length;
      pasted.forEach((rings, n) => {
        const others = [...existing, ...pasted.slice(0, n)].map(coverage);
        const own = coverage(rings);
        const faults = [...own.keys()].filter((i) => {
          const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
          const isImage = x < 40 || (x < 60 && y >= 20 && y < 50);
          const isFree = others.every((other) => other[i]! < ROUNDING);
          return own[i]! >= ROUNDING && !(isImage && isFree);
        });
        expect(faults).toEqual([]);
      });
    }
    expect(count).toBeGreaterThan(100);
  });
  it('puts nothing on a crowd region, and takes nothing that stands in one', () => {
    const crowd = [rectangle(0, 0, 64, 30.5), rectangle(0, 30.5, 30, 64)];
    const [inside, atTheEdge, beside] = [
      rectangle(20, 20, 25, 24),
      rectangle(35, 30, 41, 35),
      rectangle(30, 31, 37, 36),
    ];
    let count = 0;
    for (const seed of seeds) {
      const random = createRandom(seed);
      const donor = flat(240, [[inside], [atTheEdge], [beside]], [WHOLE], [crowd]);
      const canvas = flat(40, [], [WHOLE], [crowd]);
      for (const rings of pasteBuildings(canvas, donor, { most: 3, random })) {
        count++;
        expect(polygonArea(rings[0]!)).toBe(polygonArea(beside!));
        const [y1, x1] = polygonsBox(rings);
        expect([y1 >= 31, x1 >= 30]).toEqual([true, true]);
      }
      expect(canvas.pixels.some((value, i) => value !== 40 && i < 3 * 31 * SIZE)).toBe(false);
    }
    expect(count).toBeGreaterThan(90);
  });
  it('puts down 1 to the most that are wanted, all as likely, and each building once', () => {
    const donor = flat(
      240,
      Array.from({ length: 6 }, (_, i) => [rectangle(10 * i, 1, 10 * i + 3, 2 + i)]),
    );
    const counts = [0, 0, 0, 0, 0];
    for (const seed of Array.from({ length: 400 }, (_, i) => i)) {
      const pasted = pasteBuildings(flat(0, []), donor, { most: 4, random: createRandom('n', seed) });
      counts[pasted.length]!++;
      expect(new Set(pasted.map(([ring]) => polygonArea(ring!))).size).toBe(pasted.length);
    }
    expect(counts[0]).toBe(0);
    for (const count of counts.slice(1)) expect(count).toBeGreaterThan(60);
  });
  it('puts down nothing where there is no room, or nothing to put', () => {
    const full = flat(40, [[rectangle(0, 0, 64, 64)]]);
    const donor = flat(240, [[TILTED]]);
    expect(pasteBuildings(full, donor, { most: 4, random: createRandom(1) })).toEqual([]);
    expect(pasteBuildings(flat(40, []), flat(240, []), { most: 4, random: createRandom(1) })).toEqual([]);
    expect(full.pixels.every((value) => value === 40)).toBe(true);
  });
  it('puts a building as large as the square where it fits', () => {
    const canvas = flat(40, []);
    const donor = flat(240, [[rectangle(0, 0, 64, 64)]]);
    const [rings] = pasteBuildings(canvas, donor, { most: 1, random: createRandom(1) });
    expect(polygonArea(rings![0]!)).toBe(64 * 64);
    expect(canvas.pixels.every((value) => value === 240)).toBe(true);
  });
  it('takes all eight symmetries and reaches all corners', () => {
    const donor = flat(240, [[ELL]]);
    const shapes = new Set<string>();
    let [least, most] = [Infinity, -Infinity];
    for (const seed of Array.from({ length: 300 }, (_, i) => i)) {
      const [rings] = pasteBuildings(flat(40, []), donor, { most: 1, random: createRandom(seed) });
      const ring = rings![0]!;
      shapes.add(ring.map((at, i) => at - ring[i % 2]!).join());
      least = Math.min(least, ...ring);
      most = Math.max(most, ...ring);
    }
    expect(shapes.size).toBe(8);
    expect([least, most]).toEqual([0, SIZE]);
  });
});
