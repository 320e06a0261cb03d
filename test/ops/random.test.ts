import { describe, expect, it } from 'vitest';
import { statelessUniform } from '../../src/ops/random.ts';
import { tf } from '../../src/system/tensorflow.ts';

const COUNT = 100_000;
const draw = (a: number, b: number, shape: [number] = [COUNT]) =>
  statelessUniform<tf.Rank.R1>(shape, tf.tensor1d([a, b], 'int32')).dataSync();
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;

describe('statelessUniform', () => {
  const values = draw(7, 1);

  it('gives the same numbers for the same seed', () => {
    expect(draw(7, 1)).toEqual(values);
  });
  it('stays in [0, 1)', () => {
    expect(Math.min(...values.subarray(0, 50_000), ...values.subarray(50_000))).toBeGreaterThanOrEqual(0);
    expect(values.every((x) => x < 1)).toBe(true);
  });
  // Bounds are five deviations of the estimate for COUNT draws: 1/√12, 1/√180 and 1 times 1/√COUNT.
  it('has mean 1/2 and variance 1/12', () => {
    expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(5 / Math.sqrt(12 * COUNT));
    const variance = mean(values.map((x) => (x - 1 / 2) ** 2));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 / Math.sqrt(180 * COUNT));
  });
  it('fills each tenth of the range alike', () => {
    const counts = new Array<number>(10).fill(0);
    for (const x of values) counts[Math.floor(x * 10)]!++;
    const spread = 5 * Math.sqrt(COUNT * 0.1 * 0.9);
    for (const count of counts) expect(Math.abs(count - COUNT / 10)).toBeLessThan(spread);
  });
  it.each([
    [8, 1],
    [7, 2],
    [-7, 1],
    [1, 7],
  ])('draws independent numbers for seed [%i, %i]', (a, b) => {
    const other = draw(a, b);
    const correlation = 12 * mean(values.map((x, i) => (x - 0.5) * (other[i]! - 0.5)));
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(COUNT));
  });
  it('draws numbers that do not depend on their neighbours', () => {
    const correlation = 12 * mean(values.subarray(1).map((x, i) => (x - 0.5) * (values[i]! - 0.5)));
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(COUNT));
  });
  it('has the shape that is asked for, also an empty one', () => {
    const seed = tf.tensor1d([1, 2], 'int32');
    expect(statelessUniform<tf.Rank.R3>([2, 3, 4], seed).shape).toEqual([2, 3, 4]);
    expect(statelessUniform<tf.Rank.R2>([0, 3], seed).shape).toEqual([0, 3]);
  });
});
