/** When each training is stopped: all from the seed, so that a failure can be looked for again. */
import { createRandom } from '../../src/system/random.ts';
import type { Kind } from './records.ts';

/** When to stop a process. */
export type Moment =
  /** So many seconds after its start. */
  | { seconds: number }
  /** So many milliseconds after the row of its update number so many. */
  | { updates: number; milliseconds: number }
  /** While this write is under way, counted from 1 in each process, and so many milliseconds after it has begun. */
  | { write: number; milliseconds: number };

export interface RunPlan {
  cold: boolean;
  /** One for each process that is stopped. */
  moments: Moment[];
}

/** Every tenth training records its graphs anew, so that some are killed while they do. */
const COLD_EVERY = 10;
/** Writing takes a hundredth of the time: left to chance, too few would be killed then. */
const AIMED_EVERY = 5;
const MOST_KILLS = 3;
/** Of the time, that goes into updates; roughly. */
const UPDATES_SHARE = 0.5;
/** Files that a training writes aside: checkpoints, best models, histories. */
const WRITES = 24;
/** About as long as one of them takes. */
const WRITE_MS = 6;

/**
 * Half of the moments are spread over the time, of which much goes by before the first update; half over the updates, with
 * the validations between them.
 * @param reference that nobody stopped
 * @param attempt counted on where the training has ended before its moment came
 */
export function planRun(
  { seed, kind, index, attempt }: { seed: number; kind: Kind; index: number; attempt: number },
  { seconds, steps }: { seconds: number; steps: number },
): RunPlan {
  const random = createRandom('endurance', seed, kind, index, attempt);
  const count = kind === 'kill' ? 1 + random.int(MOST_KILLS) : 1;
  const draw = (): Moment => {
    if (random.next() < 0.5) return { seconds: random.uniform(0, seconds) };
    const milliseconds = random.uniform(0, (UPDATES_SHARE * 1000 * seconds) / steps);
    return { updates: 1 + random.int(steps), milliseconds };
  };
  const moments = Array.from({ length: count }, draw);
  if (kind === 'kill' && index % AIMED_EVERY === 0) {
    moments[0] = { write: 1 + random.int(WRITES), milliseconds: random.uniform(0, WRITE_MS) };
  }
  return { cold: index % COLD_EVERY === COLD_EVERY - 1, moments };
}
