import { describe, expect, it } from 'vitest';
import { createNoise } from '../../../src/data/augment/noise.ts';
import { createRandom } from '../../../src/system/random.ts';

const COUNT = 600_000;
function draw(sigma: number, seed: number, count = COUNT): Float32Array {
  const row = new Float32Array(count);
  createNoise(sigma, createRandom(seed))(row);
  return row;
}
const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** Φ by a series of its own kind: the error function (Abramowitz & Stegun 7.1.26, |error| < 1.5e-7). */
function normalDistribution(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - poly * Math.exp(-z * z);
  return x >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}

describe('createNoise', () => {
  const values = draw(1, 1);

  it('has the mean, deviation, skewness and kurtosis of a normal distribution', () => {
    // Four standard errors of each, and for the kurtosis what the cut tails cost.
    expect(Math.abs(mean(values))).toBeLessThan(4 / Math.sqrt(COUNT));
    expect(Math.abs(mean(values.map((x) => x ** 2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / COUNT));
    expect(Math.abs(mean(values.map((x) => x ** 3)))).toBeLessThan(4 * Math.sqrt(15 / COUNT));
    expect(Math.abs(mean(values.map((x) => x ** 4)) - 3)).toBeLessThan(0.06);
  });
  it('is distributed normally, as closely as 600,000 values can tell and 1,024 levels allow', () => {
    const sorted = values.toSorted();
    let distance = 0;
    for (let i = 0; i < COUNT; i += 7) {
      distance = Math.max(distance, Math.abs(normalDistribution(sorted[i]!) - (i + 0.5) / COUNT));
    }
    expect(distance).toBeLessThan(1 / 2048 + 1.95 / Math.sqrt(COUNT));
  });
  it('has levels whose mean is 0 and whose deviation is 1', () => {
    const levels = [...new Set(values)];
    expect(levels).toHaveLength(1024);
    expect(mean(levels)).toBeCloseTo(0, 6);
    expect(mean(levels.map((x) => x ** 2))).toBeCloseTo(1, 5);
  });
  it('has the deviation that is asked', () => {
    for (const sigma of [0.5, 7.65]) {
      expect(Math.sqrt(mean(draw(sigma, 3).map((x) => x ** 2))) / sigma).toBeCloseTo(1, 2);
    }
  });
  it('is independent between channels, neighbours and rows', () => {
    for (const lag of [1, 2, 3, 6, 3 * 512]) {
      let sum = 0;
      for (let i = 0; i + lag < COUNT; i++) sum += values[i]! * values[i + lag]!;
      expect(Math.abs(sum / COUNT)).toBeLessThan(4.5 / Math.sqrt(COUNT));
    }
  });
  it('goes on with each row, and is the same for the same seed', () => {
    const noise = createNoise(1, createRandom(1));
    const [first, second] = [new Float32Array(300), new Float32Array(300)];
    noise(first);
    noise(second);
    expect(Float32Array.of(...first, ...second)).toEqual(values.slice(0, 600));
    expect(draw(1, 2, 300)).not.toEqual(first);
  });
});
