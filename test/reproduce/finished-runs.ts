import { type HeadlineFigures, INTERVAL_KEYS } from '../../src/evaluate/intervals/headline-figures.ts';
import type { FinishedRun } from '../../src/reproduce/finished-run.ts';

/** Figures that are all 0.5, but for those named. */
export function headline(figures: Partial<HeadlineFigures> = {}): HeadlineFigures {
  const usual = Object.fromEntries(INTERVAL_KEYS.map((key) => [key, 0.5])) as HeadlineFigures;
  return { ...usual, ...figures };
}

export function finishedRun(run: Partial<FinishedRun> & { seed: number }): FinishedRun {
  return {
    again: false,
    folder: `runs/reproduce/seed-${run.seed}`,
    epochs: 8,
    best_epoch: 7,
    steps: 400,
    seconds: 90,
    model_sha256: `${run.seed}`.repeat(32),
    weights_sha256: `state ${run.seed}`,
    valid: headline(),
    test: null,
    ...run,
  };
}
