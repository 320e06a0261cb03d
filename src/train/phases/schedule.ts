import type { Params } from '../../params/schema.ts';

/** Course of the learning rate over a phase. */
export interface Schedule {
  /** Highest rate. */
  peak: number;
  /** Lowest rate after the peak: the last one of cosine, the floor of step. */
  min: number;
  /** Steps of linear growth up to the peak; 0 = none. */
  warmupSteps: number;
  /** Steps of the whole phase, at least 1. */
  totalSteps: number;
  /** What it does after the warm-up; exponential is the learning-rate range test's alone. */
  shape: Params['train']['schedule'] | 'exponential';
  /** For the shape step. */
  decay: Params['train']['step_decay'];
}

/** The schedule that params ask for. @param totalSteps updates of the phase, at least 1 */
export function scheduleOf(
  { schedule, step_decay }: Pick<Params['train'], 'schedule' | 'step_decay'>,
  rates: Pick<Params['train'], 'learning_rate' | 'min_learning_rate' | 'warmup_steps'>,
  totalSteps: number,
): Schedule {
  const { learning_rate: peak, min_learning_rate: min, warmup_steps: warmupSteps } = rates;
  return { peak, min, warmupSteps, totalSteps, shape: schedule, decay: step_decay };
}

/**
 * Linear warm-up (Goyal et al. 2017, §2.2 — https://arxiv.org/abs/1706.02677; PyTorch's `LinearLR` from 1 / (warm-up + 1)),
 * then by the schedule's shape:
 *
 * - cosine: half a cosine from the peak to the minimum (Loshchilov & Hutter 2017, eq. 5 — https://arxiv.org/abs/1608.03983),
 *   over the steps after the warm-up;
 * - step: the peak times the factor at each share, but never below the minimum. The shares are of the whole phase, warm-up
 *   included, as Detectron2's `SOLVER.STEPS` of `MAX_ITER` and torchvision's `--lr-steps` of `--epochs` (`MultiStepLR`);
 *   a share within the warm-up counts from the end of that;
 * - constant: the peak; the minimum counts for nothing;
 * - exponential: from the minimum at the first step to the peak at the last, each step by the same factor; the clock counts
 *   for nothing.
 * @param step 1 for the first step; beyond the last, the rate of the last
 * @param timeUsed share of the phase's time that is used up, 0-1: a run that ends by the clock still ends low
 */
export function learningRateAt(step: number, schedule: Schedule, timeUsed = 0): number {
  const { peak, min, warmupSteps, totalSteps, shape } = schedule;
  const warmup = Math.min(warmupSteps, totalSteps - 1);
  if (step <= warmup) return (peak * step) / (warmup + 1);
  if (shape === 'constant') return peak;
  if (shape === 'exponential')
    return min * (peak / min) ** Math.min(1, (step - 1) / Math.max(1, totalSteps - 1));
  if (shape === 'step') return steppedRate(schedule, Math.max((step - 1) / totalSteps, timeUsed));
  const stepsUsed = (step - warmup - 1) / Math.max(1, totalSteps - warmup - 1);
  const progress = Math.min(1, Math.max(stepsUsed, timeUsed));
  return min + (peak - min) * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/** @param used share of the phase, from 0 on */
function steppedRate({ peak, min, decay: { at, factor } }: Schedule, used: number): number {
  const falls = at.filter((share) => used >= share).length;
  return Math.max(min, peak * factor ** falls);
}

/** Updates that one pass over the images makes. */
export function updatesPerEpoch(images: number, train: Params['train']): number {
  return Math.ceil(Math.ceil(images / train.batch_size) / train.accumulation_steps);
}
