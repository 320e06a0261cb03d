import { describe, expect, it } from 'vitest';
import { divide, type Portion, type Side } from '../../src/data/divide.ts';
import { createRandom } from '../../src/system/random.ts';

type Name = 'train' | 'valid' | 'test';

const sides = (valid: number, test: number, needed = true): Side<Name>[] => [
  { name: 'train', share: 1 - valid - test, needed },
  { name: 'valid', share: valid, needed },
  { name: 'test', share: test, needed },
];
const portions = (...sizes: number[]): Portion[] => sizes.map((size, i) => ({ key: `k${i}`, size }));

function sizesOf(all: readonly Portion[], chosen: ReadonlyMap<string, Name>): Record<Name, number> {
  const sizes = { train: 0, valid: 0, test: 0 };
  for (const { key, size } of all) sizes[chosen.get(key)!] += size;
  return sizes;
}
const divided = (all: readonly Portion[], to = sides(0.15, 0.15), seed = 17) =>
  sizesOf(all, divide(all, to, seed));

describe('divide', () => {
  it('meets the shares exactly where portions allow it', () => {
    const ones = portions(...Array.from({ length: 1000 }, () => 1));
    expect(divided(ones)).toEqual({ train: 700, valid: 150, test: 150 });
    expect(divided(ones, sides(0.333, 0.001))).toEqual({ train: 666, valid: 333, test: 1 });
  });

  it('is off by less than a portion where they are equal', () => {
    const random = createRandom(1, 'divide');
    for (let round = 0; round < 50; round++) {
      const [count, size] = [10 + random.int(90), 1 + random.int(64)];
      const [valid, test] = [random.uniform(0.11, 0.3), random.uniform(0.11, 0.3)];
      const all = portions(...Array.from({ length: count }, () => size));
      const sizes = divided(all, sides(valid, test), round);
      expect(Math.abs(sizes.valid - valid * count * size)).toBeLessThan(size);
      expect(Math.abs(sizes.test - test * count * size)).toBeLessThan(size);
    }
  });

  it('gives each side large and small portions alike', () => {
    const all = portions(...Array.from({ length: 1000 }, (_, i) => (i < 100 ? 10 : 1)));
    const large = all.filter(({ size }) => size === 10);
    const counts = sizesOf(large, divide(all, sides(0.15, 0.15), 17));
    expect(Math.abs(counts.valid - 150)).toBeLessThanOrEqual(10);
    expect(Math.abs(counts.test - 150)).toBeLessThanOrEqual(10);
  });

  it('makes up for large portions with small ones', () => {
    const all = portions(40, 30, ...Array.from({ length: 30 }, () => 1));
    expect(divided(all)).toEqual({ train: 70, valid: 15, test: 15 });
  });

  it.each([[[10, 10, 10]], [[100, 1, 1]], [[1, 1, 1, 50, 50]], [[2, 1, 1]]])(
    'leaves nothing that is needed empty: %j',
    (sizes) => {
      expect(Object.values(divided(portions(...sizes))).every((size) => size > 0)).toBe(true);
    },
  );

  it('leaves a side empty that is not needed and too small for any portion', () => {
    expect(divided(portions(50, 50), sides(0.1, 0.1, false))).toEqual({ train: 100, valid: 0, test: 0 });
  });

  it('does not depend on the order, but on the seed', () => {
    const all = portions(...Array.from({ length: 60 }, (_, i) => 1 + (i % 7)));
    const entries = (list: readonly Portion[], seed: number) =>
      [...divide(list, sides(0.15, 0.15), seed)].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(entries(createRandom(3).shuffle(all), 17)).toEqual(entries(all, 17));
    expect(entries(all, 18)).not.toEqual(entries(all, 17));
  });
});
