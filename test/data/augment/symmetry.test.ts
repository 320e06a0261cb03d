import { describe, expect, it } from 'vitest';
import {
  IDENTITY,
  moveRing,
  pixelSteps,
  randomSymmetry,
  type Symmetry,
} from '../../../src/data/augment/symmetry.ts';
import { createRandom } from '../../../src/system/random.ts';

const SIZE = 5;
const ALL: Symmetry[] = Array.from({ length: 8 }, (_, i) => ({
  transpose: (i & 1) !== 0,
  flipX: (i & 2) !== 0,
  flipY: (i & 4) !== 0,
}));

/** Where the pixel that is number i goes. */
function permutation(symmetry: Symmetry): number[] {
  const { first, perRow, perColumn } = pixelSteps(symmetry, SIZE);
  return Array.from(
    { length: SIZE * SIZE },
    (_, i) => first + Math.floor(i / SIZE) * perRow + (i % SIZE) * perColumn,
  );
}
const PERMUTATIONS = ALL.map((symmetry) => permutation(symmetry).join());
const chain = (a: readonly number[], b: readonly number[]) => a.map((i) => b[i]!);

describe('pixelSteps', () => {
  it('keeps everything in place for the identity', () => {
    expect(permutation(IDENTITY)).toEqual(Array.from({ length: SIZE * SIZE }, (_, i) => i));
  });
  it('transposes first, then mirrors left-right: a quarter turn clockwise', () => {
    // 0 1      2 0
    // 2 3  ->  3 1
    const { first, perRow, perColumn } = pixelSteps({ transpose: true, flipX: true, flipY: false }, 2);
    expect([first, first + perColumn, first + perRow, first + perRow + perColumn]).toEqual([1, 3, 0, 2]);
  });
  it('gives eight different permutations: the group D4', () => {
    expect(new Set(PERMUTATIONS).size).toBe(8);
    for (const a of ALL) {
      const results = ALL.map((b) => chain(permutation(a), permutation(b)).join());
      // Closed; and since each row of the table holds all eight, each has an inverse.
      expect(new Set(results)).toEqual(new Set(PERMUTATIONS));
    }
  });
  it('keeps neighbours together', () => {
    for (const symmetry of ALL) {
      const to = permutation(symmetry).map((i) => [i % SIZE, Math.floor(i / SIZE)] as const);
      for (let i = 0; i + SIZE < to.length; i++) {
        const [a, below] = [to[i]!, to[i + SIZE]!];
        expect(Math.abs(a[0] - below[0]) + Math.abs(a[1] - below[1])).toBe(1);
      }
    }
  });
});

describe('moveRing', () => {
  it.each(ALL)('moves a pixel’s centre to where its pixel goes: %j', (symmetry) => {
    permutation(symmetry).forEach((to, from) => {
      const centre = [(from % SIZE) + 0.5, Math.floor(from / SIZE) + 0.5];
      expect(moveRing(centre, symmetry, SIZE)).toEqual([(to % SIZE) + 0.5, Math.floor(to / SIZE) + 0.5]);
    });
  });
});

describe('randomSymmetry', () => {
  it('draws all eight, about equally often', () => {
    const random = createRandom(1);
    const counts = new Map<string, number>();
    for (let i = 0; i < 800; i++) {
      const key = permutation(randomSymmetry(random)).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    for (const count of counts.values()) expect(count).toBeGreaterThan(60);
  });
});
