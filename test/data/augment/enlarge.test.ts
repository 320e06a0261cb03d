import { describe, expect, it } from 'vitest';
import { enlarge } from '../../../src/data/augment/enlarge.ts';
import { createRandom } from '../../../src/system/random.ts';

const grey = (values: readonly number[]) => Uint8Array.from(values.flatMap((value) => [value, value, value]));
const redOf = (pixels: Uint8Array) => [...pixels.filter((_, i) => i % 3 === 0)];

describe('enlarge', () => {
  it('is hand-worked: two pixels become four', () => {
    // Centres at 0.25, 0.75, 1.25, 1.75 of pixels whose own are 0.5 and 1.5.
    const row = enlarge(grey([0, 100]), { width: 2, height: 1 }, { width: 4, height: 1 });
    expect(redOf(row)).toEqual([0, 25, 75, 100]);
    const column = enlarge(grey([0, 100]), { width: 1, height: 2 }, { width: 1, height: 4 });
    expect(redOf(column)).toEqual([0, 25, 75, 100]);
  });
  it('is hand-worked: both ways, with three colours', () => {
    const pixels = Uint8Array.of(0, 0, 255, 160, 0, 255, 0, 80, 255, 160, 80, 255);
    const result = enlarge(pixels, { width: 2, height: 2 }, { width: 4, height: 4 });
    expect([...result.subarray(3 * 5, 3 * 6)]).toEqual([40, 20, 255]);
    expect([...result.subarray(3 * 11, 3 * 12)]).toEqual([160, 60, 255]);
  });
  it.each([8, 9, 12, 16, 37, 64])('keeps an edge in its place: 8 to %d', (to) => {
    const pixels = grey(Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 0 : 255)));
    const row = redOf(enlarge(pixels, { width: 8, height: 8 }, { width: to, height: to })).slice(0, to);
    const edge = to - row.reduce((sum, value) => sum + value / 255, 0);
    expect(edge).toBeCloseTo(to / 2, 1);
  });
  it('is the formula at random sizes, to a byte', () => {
    let [sum, count] = [0, 0];
    for (let seed = 0; seed < 30; seed++) {
      const random = createRandom('enlarge', seed);
      const from = { width: 1 + random.int(9), height: 1 + random.int(9) };
      const to = { width: from.width + random.int(20), height: from.height + random.int(20) };
      const values = Array.from({ length: from.width * from.height }, () => random.int(256));
      const result = redOf(enlarge(grey(values), from, to));
      const at = (x: number, y: number) =>
        values[Math.min(from.height - 1, y) * from.width + Math.min(from.width - 1, x)]!;
      result.forEach((value, i) => {
        const [x, y] = [i % to.width, Math.floor(i / to.width)];
        const u = Math.max(0, Math.min(from.width - 1, ((x + 0.5) * from.width) / to.width - 0.5));
        const v = Math.max(0, Math.min(from.height - 1, ((y + 0.5) * from.height) / to.height - 0.5));
        const [left, top] = [Math.floor(u), Math.floor(v)];
        const upper = at(left, top) * (1 - u + left) + at(left + 1, top) * (u - left);
        const lower = at(left, top + 1) * (1 - u + left) + at(left + 1, top + 1) * (u - left);
        const difference = value - (upper * (1 - v + top) + lower * (v - top));
        expect(Math.abs(difference)).toBeLessThanOrEqual(1.5);
        sum += difference;
        count++;
      });
    }
    // Rounded, not cut off.
    expect(Math.abs(sum / count)).toBeLessThan(0.05);
  });
  it('leaves as it is what has the size already', () => {
    const pixels = grey([1, 2, 3, 4, 5, 6]);
    expect(enlarge(pixels, { width: 3, height: 2 }, { width: 3, height: 2 })).toEqual(pixels);
  });
});
