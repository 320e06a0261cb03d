import { describe, expect, it } from 'vitest';
import { kolmogorovSmirnov } from '../../../src/data/doctor/kolmogorov-smirnov.ts';

const numbers = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => value(i));

describe('kolmogorovSmirnov', () => {
  it('is certain where all of one sample is below the other', () => {
    // Of the 20 orders of three and three, two keep them apart.
    expect(kolmogorovSmirnov([1, 2, 3], [4, 5, 6])).toEqual({
      statistic: 1,
      pValue: expect.closeTo(0.1, 12),
    });
  });

  it('is 1 for equal samples, in whatever order', () => {
    expect(kolmogorovSmirnov([3, 1, 2], [2, 3, 1])).toEqual({ statistic: 0, pValue: 1 });
  });

  it('counts ties once on both sides', () => {
    // After the ones: 2/3 of the first, 1/3 of the second.
    expect(kolmogorovSmirnov([1, 1, 2], [1, 2, 2]).statistic).toBeCloseTo(1 / 3, 12);
    expect(kolmogorovSmirnov([5, 5, 5, 5], [5, 5])).toEqual({ statistic: 0, pValue: 1 });
  });

  // SciPy 1.17.1: ks_2samp(a, b, method='exact').
  it.each([
    [[1, 3, 5, 7], [2, 4, 6], 0.25, 1],
    [
      numbers(59, (i) => ((i + 1) * 37) % 101),
      numbers(40, (i) => (((i + 1) * 53) % 89) + 0.5),
      0.12754237288135592,
      0.7759510878062837,
    ],
    [
      numbers(1000, (i) => i / 1000),
      numbers(300, (i) => (i / 300) ** 1.15 + 1e-7),
      0.05466666666666667,
      0.4793995323055789,
    ],
  ])('is what SciPy says (%#)', (a, b, statistic, pValue) => {
    const result = kolmogorovSmirnov(a, b);
    expect(result.statistic).toBeCloseTo(statistic, 12);
    expect(result.pValue).toBeCloseTo(pValue, 10);
  });

  it('does not depend on which sample comes first', () => {
    const [a, b] = [numbers(31, (i) => (i * 7) % 31), numbers(17, (i) => (i * 5) % 17)];
    const [one, other] = [kolmogorovSmirnov(a, b), kolmogorovSmirnov(b, a)];
    expect(one.statistic).toBeCloseTo(other.statistic, 12);
    expect(one.pValue).toBeCloseTo(other.pValue, 12);
  });

  it('goes over to the limit for very large samples, where both agree', () => {
    const pair = (m: number, n: number) =>
      kolmogorovSmirnov(
        numbers(m, (i) => i / m),
        numbers(n, (i) => (i / n) ** 1.02),
      );
    // 20,000 x 5,000 is the largest that is counted exactly; the second is just beyond.
    const [exact, limit] = [pair(20_000, 5_000), pair(20_000, 5_001)];
    expect(limit.pValue).toBeCloseTo(exact.pValue, 2);
    expect(limit.pValue).toBeGreaterThan(0.3);
  });

  it('refuses an empty sample', () => {
    expect(() => kolmogorovSmirnov([], [1])).toThrow(RangeError);
  });
});
