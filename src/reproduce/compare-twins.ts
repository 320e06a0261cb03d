import type { HeadlineFigures } from '../evaluate/intervals/headline-figures.ts';
import type { FinishedRun } from './finished-run.ts';

/** Two runs of the same seed beside each other. */
export interface Twins {
  seed: number;
  folders: [string, string];
  /** Whether they are equal bit by bit: the weights of the best models, and all that training holds after the last step. */
  same_weights: boolean;
  model_sha256: [string | null, string | null];
  weights_sha256: [string | null, string | null];
  /** How far apart each figure is; null where it is undefined in one of them. */
  differences: {
    valid: Record<keyof HeadlineFigures, number | null> | null;
    test: Record<keyof HeadlineFigures, number | null> | null;
  };
}

/** @param runs of which one may repeat another @returns null where none does */
export function compareTwins(runs: readonly FinishedRun[]): Twins | null {
  const second = runs.find(({ again }) => again);
  const first = runs.find(({ seed, again }) => seed === second?.seed && !again);
  if (!first || !second) return null;
  return {
    seed: first.seed,
    folders: [first.folder, second.folder],
    same_weights:
      areSame(first.model_sha256, second.model_sha256) &&
      areSame(first.weights_sha256, second.weights_sha256),
    model_sha256: [first.model_sha256, second.model_sha256],
    weights_sha256: [first.weights_sha256, second.weights_sha256],
    differences: {
      valid: distances(first.valid, second.valid),
      test: distances(first.test, second.test),
    },
  };
}

/** Two runs without a model have nothing in common. */
function areSame(a: string | null, b: string | null): boolean {
  return a !== null && a === b;
}

function distances(a: HeadlineFigures | null, b: HeadlineFigures | null) {
  if (!a || !b) return null;
  const keys = Object.keys(a) as (keyof HeadlineFigures)[];
  const entries = keys.map((key) => [key, distance(a[key], b[key])] as const);
  return Object.fromEntries(entries) as Record<keyof HeadlineFigures, number | null>;
}

function distance(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.abs(a - b);
}
