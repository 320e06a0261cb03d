import { describe, expect, it } from 'vitest';
import { deviationFactors, spreadOf } from '../../src/reproduce/spread.ts';
import { createRandom } from '../../src/system/random.ts';

describe('spreadOf', () => {
  it('divides the squares by one less than the runs', () => {
    // Mean 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32; 32 / 7.
    const spread = spreadOf([2, 4, 4, 4, 5, 5, 7, 9]);
    expect(spread).toEqual({ count: 8, mean: 5, deviation: Math.sqrt(32 / 7), min: 2, max: 9 });
  });

  it('leaves out runs in which the figure is undefined', () => {
    expect(spreadOf([null, 0.25, null, 0.75])).toEqual({
      count: 2,
      mean: 0.5,
      deviation: Math.sqrt(0.125),
      min: 0.25,
      max: 0.75,
    });
  });

  it('has no deviation of one run, and nothing of none', () => {
    expect(spreadOf([0.5])).toEqual({ count: 1, mean: 0.5, deviation: null, min: 0.5, max: 0.5 });
    const nothing = { count: 0, mean: null, deviation: null, min: null, max: null };
    expect(spreadOf([null])).toEqual(nothing);
    expect(spreadOf([])).toEqual(nothing);
  });

  it('finds no deviation among equal runs', () => {
    expect(spreadOf([0.5, 0.5, 0.5]).deviation).toBe(0);
  });
});

describe('deviationFactors', () => {
  it('is √((n - 1) / χ²)', () => {
    // Three runs: 2 degrees of freedom, for which χ² is exponential: quantiles -2 ln 0.975 and -2 ln 0.025.
    const { low, high } = deviationFactors(3)!;
    expect(low).toBeCloseTo(Math.sqrt(2 / (-2 * Math.log(0.025))), 3);
    expect(high).toBeCloseTo(Math.sqrt(2 / (-2 * Math.log(0.975))), 3);
  });

  it.each([2, 4, 5, 7, 10])('holds the true deviation in 95 %% of draws of %i runs', (runs) => {
    const { normal } = createRandom('deviation', runs);
    const { low, high } = deviationFactors(runs)!;
    const draws = 20_000;
    let held = 0;
    let above = 0;
    for (let draw = 0; draw < draws; draw++) {
      const { deviation } = spreadOf(Array.from({ length: runs }, normal));
      if (low * deviation! <= 1 && high * deviation! >= 1) held++;
      if (low * deviation! > 1) above++;
    }
    // Four standard errors of a share: 4 · √(0.95 · 0.05 / 20,000) = 0.006.
    expect(Math.abs(held / draws - 0.95)).toBeLessThan(0.006);
    expect(Math.abs(above / draws - 0.025)).toBeLessThan(0.005);
  });

  it('says nothing of one run, nor of more than ten', () => {
    expect([deviationFactors(1), deviationFactors(11)]).toEqual([null, null]);
  });
});
