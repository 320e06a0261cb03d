import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/system/random.ts';

const PINNED = ['0.538657631', '0.743304949', '0.877498532'];

const draw = (count: number, ...parts: (string | number)[]) => {
  const random = createRandom(...parts);
  return Array.from({ length: count }, () => random.next());
};
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('createRandom', () => {
  it('repeats itself for equal parts, and for nothing else', () => {
    expect(draw(5, 1, 'train', 2)).toEqual(draw(5, 1, 'train', 2));
    const streams = [
      draw(5, 1),
      draw(5, 2),
      draw(5, '1'),
      draw(5, 1, 2),
      draw(5, 12),
      draw(5, 1, 'a'),
      draw(5, 'a', 1),
    ];
    expect(new Set(streams.map(String)).size).toBe(streams.length);
  });
  it('gives the numbers that it has always given: seeds in params.yaml must keep their meaning', () => {
    expect(draw(3, 17, 'pinned').map((value) => value.toFixed(9))).toEqual(PINNED);
  });
  it('is uniform in [0, 1): mean, variance, every tenth as often, neighbours not correlated', () => {
    const values = draw(50_000, 5);
    expect(Math.min(...values.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.slice(0, 1000))).toBeLessThan(1);
    expect(mean(values)).toBeCloseTo(0.5, 2);
    expect(mean(values.map((value) => (value - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
    const tenths = new Array<number>(10).fill(0);
    for (const value of values) tenths[Math.floor(value * 10)]! += 1;
    for (const count of tenths) expect(Math.abs(count - 5000)).toBeLessThan(300);
    const products = values.slice(1).map((value, i) => (value - 0.5) * (values[i]! - 0.5));
    expect(Math.abs(mean(products) * 12)).toBeLessThan(0.02);
  });
  it('draws whole numbers below the bound', () => {
    const random = createRandom(1);
    const seen = new Set(Array.from({ length: 200 }, () => random.int(6)));
    expect([...seen].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(() => random.int(0)).toThrow('bound must be a whole number > 0, got 0');
  });
  it('draws normal numbers: mean 0, variance 1, a tail of the right size', () => {
    const random = createRandom(2);
    const values = Array.from({ length: 40_000 }, () => random.normal());
    expect(mean(values)).toBeCloseTo(0, 1);
    expect(mean(values.map((value) => value ** 2))).toBeCloseTo(1, 1);
    expect(mean(values.map((value) => (Math.abs(value) > 1.96 ? 1 : 0)))).toBeCloseTo(0.05, 2);
    expect(values.every(Number.isFinite)).toBe(true);
  });
  it('shuffles without losing anything, each order as likely, leaving the input alone', () => {
    const random = createRandom(3);
    const items = Object.freeze(['a', 'b', 'c']);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle(items).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
