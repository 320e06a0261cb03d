import { describe, expect, it } from 'vitest';
import { squaredDistances } from '../../src/masks/distance-transform.ts';
import { createRandom } from '../../src/system/random.ts';

/** By asking every pixel of the mask. */
function bruteForce(mask: Uint8Array, height: number, width: number): number[] {
  return Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    let nearest = Infinity;
    mask.forEach((value, j) => {
      if (value !== 0) nearest = Math.min(nearest, (y - Math.floor(j / width)) ** 2 + (x - (j % width)) ** 2);
    });
    return nearest;
  });
}

describe('squaredDistances', () => {
  it('of one pixel', () => {
    expect([...squaredDistances(Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0), 4, 3)]).toEqual([
      ...[2, 1, 2],
      ...[1, 0, 1],
      ...[2, 1, 2],
      ...[5, 4, 5],
    ]);
  });
  it('is that of brute force, for masks of all densities and shapes', () => {
    const random = createRandom('distance-transform');
    for (let round = 0; round < 300; round++) {
      const [height, width] = [1 + random.int(24), 1 + random.int(24)];
      const density = random.next() ** 4;
      const mask = Uint8Array.from({ length: height * width }, () => (random.next() < density ? 255 : 0));
      expect([...squaredDistances(mask, height, width)]).toEqual(bruteForce(mask, height, width));
    }
  });
  it('is infinite everywhere for an empty mask, and 0 for a full one', () => {
    expect([...squaredDistances(new Uint8Array(6), 2, 3)]).toEqual(new Array(6).fill(Infinity));
    expect([...squaredDistances(new Uint8Array(6).fill(1), 2, 3)]).toEqual(new Array(6).fill(0));
  });
  it('is exact far away', () => {
    const size = 2048;
    const mask = new Uint8Array(size * size);
    mask[0] = 1;
    const distances = squaredDistances(mask, size, size);
    expect(distances.at(-1)).toBe(2 * 2047 ** 2);
    expect(distances.at(-2)).toBe(2047 ** 2 + 2046 ** 2);
  });
  it('has nothing to say about no pixels', () => {
    expect(squaredDistances(new Uint8Array(0), 0, 5)).toHaveLength(0);
    expect(squaredDistances(new Uint8Array(0), 5, 0)).toHaveLength(0);
  });
  it('refuses a mask of another size', () => {
    expect(() => squaredDistances(new Uint8Array(5), 2, 3)).toThrow('expected 2x3 = 6 values, got 5');
  });
});
