import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../src/train/schedule.ts';

const schedule = { peak: 1, min: 0.1, warmupSteps: 4, totalSteps: 15 };
const rates = Array.from({ length: 15 }, (_, i) => learningRateAt(i + 1, schedule));

describe('learningRateAt', () => {
  it('grows evenly to the peak', () => {
    expect(rates.slice(0, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  });
  it('falls along half a cosine to the minimum at the last step', () => {
    expect(rates[9]).toBeCloseTo(0.55, 10);
    expect(rates[14]).toBeCloseTo(0.1, 10);
    expect(rates.slice(5)).toEqual(rates.slice(5).toSorted((a, b) => b - a));
  });
  it('stays at the minimum beyond the last step', () => {
    expect(learningRateAt(99, schedule)).toBeCloseTo(0.1, 10);
  });
  it('follows the clock where that is further on', () => {
    expect(learningRateAt(6, schedule, 0.5)).toBeCloseTo(0.55, 10);
    expect(learningRateAt(6, schedule, 0)).toBe(rates[5]);
    expect(learningRateAt(6, schedule, 1.2)).toBeCloseTo(0.1, 10);
  });
  it('does without warm-up, and with a run of one step', () => {
    expect(learningRateAt(1, { ...schedule, warmupSteps: 0 })).toBe(1);
    expect(learningRateAt(1, { peak: 1, min: 0, warmupSteps: 10, totalSteps: 1 })).toBe(1);
  });
});
