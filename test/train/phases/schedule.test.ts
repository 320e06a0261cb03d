import { describe, expect, it } from 'vitest';
import {
  learningRateAt,
  type Schedule,
  scheduleOf,
  updatesPerEpoch,
} from '../../../src/train/phases/schedule.ts';
import { golden } from '../../support/golden-torch.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const decay = { at: [0.7, 0.9], factor: 0.1 };
const schedule: Schedule = { peak: 1, min: 0.1, warmupSteps: 4, totalSteps: 15, shape: 'cosine', decay };
const ratesOf = (changed: Partial<Schedule>) =>
  Array.from({ length: changed.totalSteps ?? schedule.totalSteps }, (_, i) =>
    learningRateAt(i + 1, { ...schedule, ...changed }),
  );
const rates = ratesOf({});

describe.each(['cosine', 'step', 'constant'] as const)('learningRateAt, %s', (shape) => {
  it('grows evenly to the peak', () => {
    expect(ratesOf({ shape }).slice(0, 5)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  });
  it('never rises after it, and never falls below the minimum', () => {
    const after = ratesOf({ shape, min: 0.05 }).slice(5);
    expect(after).toEqual(after.toSorted((a, b) => b - a));
    expect(Math.min(...after)).toBeGreaterThanOrEqual(0.05);
  });
  it('does without warm-up, and with a phase of one step', () => {
    expect(learningRateAt(1, { ...schedule, shape, warmupSteps: 0 })).toBe(1);
    expect(ratesOf({ shape, min: 0, warmupSteps: 10, totalSteps: 1 })).toEqual([1]);
  });
});

describe('learningRateAt, cosine', () => {
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
});

describe('learningRateAt, step', () => {
  const steps = { ...schedule, shape: 'step', min: 0, warmupSteps: 0, totalSteps: 10 } as const;
  it('falls by the factor after each share of the phase', () => {
    // Of ten steps, seven are made at the peak, two at a tenth of it, and the last one at a hundredth.
    expect(ratesOf(steps).map((rate) => Number(rate.toPrecision(12)))).toEqual([
      ...new Array<number>(7).fill(1),
      ...[0.1, 0.1, 0.01],
    ]);
  });
  it('counts the warm-up among the steps of the phase', () => {
    expect(ratesOf({ ...steps, warmupSteps: 3 }).slice(3)).toEqual(ratesOf(steps).slice(3));
  });
  it('begins to fall after the warm-up at the earliest', () => {
    const early = { ...steps, warmupSteps: 5, decay: { at: [0.2], factor: 0.5 } };
    expect(ratesOf(early).slice(4)).toEqual([5 / 6, 0.5, 0.5, 0.5, 0.5, 0.5]);
  });
  it('stays at the minimum where a fall would lead below it', () => {
    expect(
      ratesOf({ ...steps, min: 0.04 })
        .slice(7)
        .map((rate) => Number(rate.toPrecision(12))),
    ).toEqual([0.1, 0.1, 0.04]);
    expect(learningRateAt(99, { ...steps, min: 0.04 })).toBe(0.04);
  });
  it('follows the clock where that is further on', () => {
    expect(learningRateAt(2, steps, 0.69)).toBe(1);
    expect(learningRateAt(2, steps, 0.7)).toBe(0.1);
    expect(learningRateAt(2, steps, 1.2)).toBeCloseTo(0.01, 12);
  });
});

describe('learningRateAt, constant', () => {
  it('stays at the peak, whatever the minimum, the steps and the clock say', () => {
    expect(ratesOf({ shape: 'constant' }).slice(4)).toEqual(new Array(11).fill(1));
    expect(learningRateAt(99, { ...schedule, shape: 'constant' }, 1)).toBe(1);
  });
});

describe('learningRateAt, exponential', () => {
  it('grows from the minimum to the peak, each step by the same factor, whatever the clock says', () => {
    const range = { shape: 'exponential', min: 1e-6, warmupSteps: 0, totalSteps: 7 } as const;
    ratesOf(range).forEach((rate, i) => {
      expect(rate / 10 ** (i - 6)).toBeCloseTo(1, 10);
    });
    expect(learningRateAt(2, { ...schedule, ...range }, 0.9) / 1e-5).toBeCloseTo(1, 10);
    expect(learningRateAt(99, { ...schedule, ...range })).toBeCloseTo(1, 10);
  });
});

describe('learningRateAt against PyTorch', () => {
  const torch = golden.schedules;
  const like = { ...schedule, peak: 0.1, totalSteps: 20 };
  it.each([
    ['MultiStepLR', torch.steps, { ...like, shape: 'step', min: 0, warmupSteps: 0 }],
    ['LinearLR and MultiStepLR', torch.warmupAndSteps, { ...like, shape: 'step', min: 0 }],
    ['LinearLR, then CosineAnnealingLR', torch.warmupAndCosine, { ...like, min: 0.001 }],
  ] as const)('is %s', (_, expected, mine) => {
    const found = ratesOf(mine);
    expect(found).toHaveLength(20);
    found.forEach((rate, i) => {
      expect(Math.abs(rate / expected[i]! - 1), `step ${i + 1}`).toBeLessThan(1e-9);
    });
  });
});

describe('scheduleOf', () => {
  it('takes the rates of the phase and the shape of train', () => {
    const { train } = tinyParams();
    const found = scheduleOf({ ...train, schedule: 'step', step_decay: decay }, train.transfer.fine_tune, 30);
    const {
      learning_rate: peak,
      min_learning_rate: min,
      warmup_steps: warmupSteps,
    } = train.transfer.fine_tune;
    expect(found).toEqual({ peak, min, warmupSteps, totalSteps: 30, shape: 'step', decay });
  });
});

describe('updatesPerEpoch', () => {
  it.each([
    [16, 8, 1, 2],
    [17, 8, 1, 3],
    [17, 8, 2, 2],
    [3, 8, 4, 1],
  ])('of %i images in batches of %i, %i together, is %i', (images, batch, together, updates) => {
    const { train } = tinyParams();
    const made = updatesPerEpoch(images, { ...train, batch_size: batch, accumulation_steps: together });
    expect(made).toBe(updates);
  });
});
