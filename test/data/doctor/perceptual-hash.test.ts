import { describe, expect, it } from 'vitest';
import { differingBits, hashWords, perceptualHash } from '../../../src/data/doctor/perceptual-hash.ts';
import { createRandom } from '../../../src/system/random.ts';

const lumaOf = (value: (x: number, y: number) => number) =>
  Float64Array.from({ length: 32 * 32 }, (_, i) => value(i % 32, Math.floor(i / 32)));

describe('perceptualHash', () => {
  // imagehash 4.3.2: str(imagehash.phash(Image.fromarray(luma))), with SciPy's dct.
  it.each([
    ['a pattern', (x: number, y: number) => (x * x * 7 + y * 13 + x * y * 5) % 256, '96c022037a4aafff'],
    ['a disc', (x: number, y: number) => ((x - 10) ** 2 + (y - 20) ** 2 < 60 ? 255 : 30), 'c43b3fc037473839'],
    ['noise', (x: number, y: number) => ((x * 37 + y * 91) ^ (x * y)) % 256, 'ab5a514e3574a54d'],
  ])('is that of imagehash for %s', (_name, value, hash) => {
    expect(perceptualHash(lumaOf(value))).toBe(hash);
  });

  it.each([
    ['one colour', () => 7],
    ['a gradient', (x: number) => 8 * x],
    ['one colour with noise', () => 0],
  ])('is null for %s', (name, value) => {
    const random = createRandom(1, 'noise');
    const noise = name.includes('noise') ? () => random.uniform(100, 103) : value;
    expect(perceptualHash(lumaOf(noise))).toBeNull();
  });
});

describe('differingBits', () => {
  it('counts the bits of two words', () => {
    expect(differingBits(0, 0)).toBe(0);
    expect(differingBits(0xffffffff, 0)).toBe(32);
    expect(differingBits(0b1011, 0b0010)).toBe(2);
    const random = createRandom(3, 'bits');
    for (let i = 0; i < 1000; i++) {
      const [a, b] = [random.uniform(0, 2 ** 32) >>> 0, random.uniform(0, 2 ** 32) >>> 0];
      expect(differingBits(a, b)).toBe(((a ^ b) >>> 0).toString(2).replaceAll('0', '').length);
    }
  });

  it('takes the words of a hash', () => {
    expect(hashWords('ab5a514e00000003')).toEqual([0xab5a514e | 0, 3]);
  });
});
