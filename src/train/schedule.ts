import type { Params } from '../params/schema.ts';

/** Shape of the learning rate over a run. */
export interface Schedule {
  /** Highest rate. */
  peak: number;
  /** Rate at the last step. */
  min: number;
  /** Steps of linear growth up to the peak; 0 = none. */
  warmupSteps: number;
  /** Steps of the whole run, at least 1. */
  totalSteps: number;
}

/**
 * Linear warm-up (Goyal et al. 2017, §2.2 — https://arxiv.org/abs/1706.02677), then half a cosine from the peak to the
 * minimum (Loshchilov & Hutter 2017, eq. 5 — https://arxiv.org/abs/1608.03983).
 * @param step 1 for the first step; beyond the last, the minimum
 * @param timeUsed share of `train.max_minutes` that is used up, 0-1: a run that ends by the clock still ends low
 */
export function learningRateAt(step: number, schedule: Schedule, timeUsed = 0): number {
  const { peak, min, warmupSteps, totalSteps } = schedule;
  const warmup = Math.min(warmupSteps, totalSteps - 1);
  if (step <= warmup) return (peak * step) / (warmup + 1);
  const stepsUsed = (step - warmup - 1) / Math.max(1, totalSteps - warmup - 1);
  const progress = Math.min(1, Math.max(stepsUsed, timeUsed));
  return min + (peak - min) * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/** Updates that one pass over the images makes. */
export function updatesPerEpoch(images: number, train: Params['train']): number {
  return Math.ceil(Math.ceil(images / train.batch_size) / train.accumulation_steps);
}
