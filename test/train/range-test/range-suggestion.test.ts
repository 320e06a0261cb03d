import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/system/random.ts';
import {
  beforeBreakout,
  lowestRate,
  type RangePoint,
  smoothLosses,
  steepestRate,
  watchBreakout,
} from '../../../src/train/range-test/range-suggestion.ts';

/** A hundred updates from 1e-6 to 1. @param lossAt of the logarithm of the rate, -6 to 0 */
function climb(lossAt: (exponent: number) => number): RangePoint[] {
  return Array.from({ length: 100 }, (_, i) => {
    const exponent = -6 + (6 * i) / 99;
    return { step: i + 1, learningRate: 10 ** exponent, loss: lossAt(exponent) };
  });
}

/** Flat, then a fall that is steepest at 10^-3.5, flat from about 10^-2.5 on, then far too high from 10^-1 on. */
const textbook = (exponent: number) =>
  2 - 1 / (1 + Math.exp(-6 * (exponent + 3.5))) + Math.min(4, Math.exp(12 * (exponent + 0.9)));

const found = (points: RangePoint[]) => {
  const sound = beforeBreakout(smoothLosses(points, 100));
  return { suggestion: steepestRate(sound), lowest: lowestRate(sound) };
};

describe('smoothLosses', () => {
  it('keeps what is even, and everything but the loss', () => {
    const points = climb(() => 3);
    const smoothed = smoothLosses(points, 100);
    expect(smoothed.map(({ smoothed: _, ...point }) => point)).toEqual(points);
    for (const point of smoothed) expect(point.smoothed).toBeCloseTo(3, 12);
  });
  it('spreads one loss over its neighbours on both sides alike', () => {
    const smoothed = smoothLosses(
      climb((exponent) => (Math.abs(exponent + 3) < 0.0304 && exponent < -3 ? 1 : 0)),
      100,
    );
    const peak = smoothed.findIndex(({ loss }) => loss === 1);
    // Of a Gaussian with a deviation of 5 updates.
    expect(smoothed[peak]!.smoothed).toBeCloseTo(1 / (5 * Math.sqrt(2 * Math.PI)), 6);
    expect(smoothed[peak + 5]!.smoothed / smoothed[peak]!.smoothed).toBeCloseTo(Math.exp(-0.5), 6);
    expect(smoothed[peak - 7]!.smoothed).toBeCloseTo(smoothed[peak + 7]!.smoothed, 12);
  });
});

describe('steepestRate and lowestRate', () => {
  it('find the steepest fall, and the lowest loss behind it', () => {
    const { suggestion, lowest } = found(climb(textbook));
    expect(Math.abs(Math.log10(suggestion!) + 3.5)).toBeLessThan(0.1);
    expect(Math.log10(lowest!)).toBeGreaterThan(-3);
    expect(Math.log10(lowest!)).toBeLessThan(-1);
  });
  it('are about the same under noise of a twentieth of the loss', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = createRandom(seed);
      const { suggestion } = found(climb((exponent) => textbook(exponent) * (1 + 0.05 * random.normal())));
      expect(Math.abs(Math.log10(suggestion!) + 3.5), `seed ${seed}`).toBeLessThan(0.5);
    }
  });
  it('do not look at what comes after the loss has broken out, however low it is', () => {
    const broken = (exponent: number) => (exponent > -0.6 ? 0.5 : textbook(exponent));
    const lowest = lowestRate(smoothLosses(climb(broken), 100))!;
    expect(Math.log10(lowest)).toBeGreaterThan(-0.6);
    expect(found(climb(broken))).toEqual(found(climb(textbook)));
  });
  it('have nothing to suggest where the loss does not fall, or there is none', () => {
    expect(found(climb((exponent) => exponent + 7)).suggestion).toBe(null);
    expect(found(climb(() => 2)).suggestion).toBe(null);
    expect(found([])).toEqual({ suggestion: null, lowest: null });
    expect(found(climb(textbook).slice(0, 2)).suggestion).toBe(null);
  });
});

describe('watchBreakout', () => {
  it('is at an end when the mean is four times the best one', () => {
    const watch = watchBreakout();
    expect([2, 2, 1.5, 1, 1, 1].map(watch)).toEqual(new Array(6).fill(false));
    const rest = [3, 5, 8, 12, 20, 30, 50].map(watch);
    expect(rest.indexOf(true)).toBeGreaterThan(2);
    expect(rest.at(-1)).toBe(true);
  });
  it('forgives one hard batch', () => {
    const watch = watchBreakout();
    expect([...new Array<number>(20).fill(1), 20, ...new Array<number>(20).fill(1)].some(watch)).toBe(false);
  });
});
