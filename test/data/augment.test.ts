import { describe, expect, it } from 'vitest';
import {
  IDENTITY,
  randomSymmetry,
  type Symmetry,
  transformPixels,
  transformPoints,
} from '../../src/data/augment.ts';
import { createRandom } from '../../src/system/random.ts';

const SIZE = 4;
const ALL: Symmetry[] = Array.from({ length: 8 }, (_, i) => ({
  transpose: (i & 1) !== 0,
  flipX: (i & 2) !== 0,
  flipY: (i & 4) !== 0,
}));
/** Every pixel's value is its own number. */
const pixels = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => Math.floor(i / 3));
const moved = (symmetry: Symmetry) => {
  const target = new Float32Array(pixels.length);
  transformPixels(pixels, target, symmetry, SIZE);
  return target;
};

describe('transformPixels and transformPoints', () => {
  it.each(ALL)('move pixels and outlines alike: %j', (symmetry) => {
    const target = moved(symmetry);
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const [atX, atY] = transformPoints([x + 0.5, y + 0.5], symmetry, SIZE) as [number, number];
        expect(target[3 * ((atY - 0.5) * SIZE + (atX - 0.5))]).toBeCloseTo((y * SIZE + x) / 255, 6);
      }
    }
  });
  it('are eight different pictures', () => {
    expect(new Set(ALL.map((symmetry) => moved(symmetry).join())).size).toBe(8);
  });
  it('leave everything in place for the identity', () => {
    expect([...moved(IDENTITY)].map((value) => Math.round(value * 255))).toEqual([...pixels]);
  });
});

describe('randomSymmetry', () => {
  it('draws all eight, about equally often', () => {
    const random = createRandom(1);
    const counts = new Map<string, number>();
    for (let i = 0; i < 800; i++) {
      const key = JSON.stringify(randomSymmetry(random));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    for (const count of counts.values()) expect(count).toBeGreaterThan(60);
  });
});
