import { join } from 'node:path';
import { UsageError } from '../system/errors.ts';

/** One training (and test) of several that differ in nothing but the seed. */
export interface PlannedRun {
  seed: number;
  /** Whether it repeats the first one. */
  again: boolean;
  /** Its own `paths.runs`. */
  folder: string;
}

export interface SeedChoice {
  /** How many, from the params' own seed on; or which. */
  seeds?: number | readonly number[];
  /** Whether the first seed is run a second time. */
  twice?: boolean;
}

const LARGEST_SEED = 2 ** 31 - 1;

/** Of a number of seeds where nothing is said. */
const USUAL_SEEDS = 3;

/**
 * @param first the params' seed
 * @param folder in which each run gets one of its own
 * @throws UsageError where there would be but one run, or a seed beyond the largest
 */
export function planRuns({ seeds, twice = false }: SeedChoice, first: number, folder: string): PlannedRun[] {
  const chosen = seeds ?? (twice ? 1 : USUAL_SEEDS);
  const list = typeof chosen === 'number' ? Array.from({ length: chosen }, (_, i) => first + i) : chosen;
  if (list.length === 1 && !twice) {
    throw new UsageError(
      '--seeds must give two seeds or more, for one has no spread: raise it, or add --twice',
    );
  }
  if (list.some((seed) => seed > LARGEST_SEED)) {
    throw new UsageError(
      `--seeds must not lead beyond ${LARGEST_SEED}, got ${list.length} from seed ${first} on: name them, as in --seeds 17,18,19`,
    );
  }
  const runs = list.map((seed) => ({ seed, again: false, folder: join(folder, `seed-${seed}`) }));
  const repeated = { seed: list[0]!, again: true, folder: join(folder, `seed-${list[0]}-again`) };
  return twice ? [...runs, repeated] : runs;
}
