import { describe, expect, it } from 'vitest';
import { createHistogram } from '../../../src/visualize/doctor-page/histogram.ts';

const many = (value: number, count: number) => Array.from({ length: count }, () => value);

describe('createHistogram', () => {
  it('has bins of equal width, and the share of the values in each', () => {
    // Sixteen values: 2 * sqrt(16) = 8 bins of width 1.
    const train = [0, ...many(1, 3), ...many(5.5, 8), ...many(8, 4)];
    const histogram = createHistogram(
      { train, valid: [], test: many(2, 16) },
      { logarithmic: false, whole: false },
    );
    expect(histogram).toEqual({
      edges: [0, 1, 2, 3, 4, 5, 6, 7, 8],
      shares: {
        train: [1 / 16, 3 / 16, 0, 0, 0, 8 / 16, 0, 4 / 16],
        valid: [],
        test: [0, 0, 1, 0, 0, 0, 0, 0],
      },
    });
  });

  it('has bins of whole width for whole numbers, so that none gets more of them than another', () => {
    const train = Array.from({ length: 20 }, (_, i) => i);
    const histogram = createHistogram({ train, valid: [], test: [] }, { logarithmic: false, whole: true })!;
    // 2 * sqrt(20) is about 9 bins, of ceil(20 / 9) = 3 numbers each: the last has 18 and 19 only.
    expect(histogram.edges).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
    expect(histogram.shares.train.map((share) => Math.round(share * 20))).toEqual([3, 3, 3, 3, 3, 3, 2]);
  });

  it('has bins of equal ratio on a logarithmic axis; what has no logarithm is in the first', () => {
    const train = [1, 10, 100, 1000, ...many(1e4, 11), 0];
    const { edges, shares } = createHistogram(
      { train, valid: [], test: [] },
      { logarithmic: true, whole: false },
    )!;
    expect(edges.map((edge) => Math.log10(edge))).toEqual(
      [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4].map((power) => expect.closeTo(power, 9)),
    );
    expect(shares.train.map((share) => share * 16)).toEqual([2, 0, 1, 0, 1, 0, 1, 11]);
  });

  it('counts every value once, whatever the split', () => {
    const train = Array.from({ length: 999 }, (_, i) => Math.sin(i) * 50);
    const { shares } = createHistogram(
      { train, valid: [-80, 80], test: [3] },
      { logarithmic: false, whole: false },
    )!;
    for (const some of Object.values(shares)) {
      expect(some.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    }
  });

  it('is null where there is nothing to see: equal values, and none', () => {
    const options = { logarithmic: true, whole: false };
    expect(createHistogram({ train: [5, 5], valid: [5], test: [] }, options)).toBeNull();
    expect(createHistogram({ train: [], valid: [], test: [] }, options)).toBeNull();
  });
});
