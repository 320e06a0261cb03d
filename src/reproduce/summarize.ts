import type { HeadlineFigures } from '../evaluate/intervals/headline-figures.ts';
import { compareTwins, type Twins } from './compare-twins.ts';
import type { FinishedRun } from './finished-run.ts';
import { type Spread, spreadOf } from './spread.ts';

/** The spread of each figure over the seeds. */
export type FigureSpreads = Record<keyof HeadlineFigures, Spread>;

/** What must be known to read the rest. */
export interface ReproductionFacts {
  deterministic: boolean;
  max_minutes: number | null;
  data_hash: string;
  /** Where this is kept. */
  file: string;
}

/** The content of `spread.json`. Figures are 0-1. */
export interface Reproduction extends ReproductionFacts {
  /** In the order in which they ran; a repeated one last. */
  runs: FinishedRun[];
  seeds: number[];
  /** Over the seeds, a repeated run left out; null with a single seed. */
  valid: FigureSpreads | null;
  /** null without a test, too. */
  test: FigureSpreads | null;
  /** null without a repeated run. */
  twice: Twins | null;
}

export function summarize(runs: FinishedRun[], facts: ReproductionFacts): Reproduction {
  const seeds = runs.filter(({ again }) => !again);
  return {
    runs,
    seeds: seeds.map(({ seed }) => seed),
    valid: spreads(seeds.map(({ valid }) => valid)),
    test: spreads(seeds.map(({ test }) => test)),
    twice: compareTwins(runs),
    ...facts,
  };
}

/** @param figures [R] of each seed's run; null where there are none */
function spreads(figures: readonly (HeadlineFigures | null)[]): FigureSpreads | null {
  const first = figures.find((each) => each !== null);
  if (!first || figures.length < 2) return null;
  const keys = Object.keys(first) as (keyof HeadlineFigures)[];
  const entries = keys.map((key) => [key, spreadOf(figures.map((each) => each?.[key] ?? null))] as const);
  return Object.fromEntries(entries) as FigureSpreads;
}
