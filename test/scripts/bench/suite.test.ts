import { describe, expect, it } from 'vitest';
import { compare, median, quantile } from '../../../scripts/bench/suite.ts';

describe('median', () => {
  it('is the middle value, by number and not by text', () => expect(median([10, 9, 100])).toBe(10));
  it('is the mean of the two in the middle of an even number', () =>
    expect(median([4, 1, 3, 100])).toBe(3.5));
  it('refuses to be without values', () => expect(() => median([])).toThrow('got none'));
});

describe('quantile', () => {
  it('is the value below which that share of the values lies', () => {
    expect([0, 0.25, 0.75, 1].map((share) => quantile([5, 3, 1, 4, 2], share))).toEqual([1, 2, 4, 5]);
  });
  it('lies between two values by their distance', () => expect(quantile([10, 20], 0.25)).toBe(12.5));
  it('refuses to be without values', () => expect(() => quantile([], 0.5)).toThrow('got none'));
});

describe('compare', () => {
  const time = { name: 'time', unit: 's' };

  it('divides the medians, and keeps the spread', () => {
    expect(compare(time, [1, 9, 2], [8, 4, 3])).toEqual({
      ...time,
      ours: { median: 2, min: 1, max: 9 },
      peer: { median: 4, min: 3, max: 8 },
      ratio: 0.5,
    });
  });

  it('has no ratio without a figure of the peer, or to 0', () => {
    expect(compare(time, [1], null)).toMatchObject({ peer: null, ratio: null });
    expect(compare(time, [1], [0])).toMatchObject({ peer: { median: 0 }, ratio: null });
  });
});
