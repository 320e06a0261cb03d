import { describe, expect, it } from 'vitest';
import { slopeOf } from '../../../../scripts/bench/graph/slope.ts';

describe('slopeOf', () => {
  it('is that of a straight line', () => {
    expect(
      slopeOf([
        [100, 5],
        [150, 6],
        [200, 7],
      ]),
    ).toBeCloseTo(0.02, 12);
  });
  it('has the least squared error', () => {
    // Around the means 1.5 and 0.5: covariance 0.75 - 0.25 - 0.25 + 0.75, variance 2.25 + 0.25 + 0.25 + 2.25.
    expect(
      slopeOf([
        [0, 0],
        [1, 1],
        [2, 0],
        [3, 1],
      ]),
    ).toBeCloseTo(0.2, 12);
  });
  it('is 0 for less than two points', () => expect([slopeOf([]), slopeOf([[1, 2]])]).toEqual([0, 0]));
});
