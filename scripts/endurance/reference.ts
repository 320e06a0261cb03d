import { UserError } from '../../src/system/errors.ts';
import type { Reference } from './records.ts';
import { differences, type Outcome, readOutcome } from './traces.ts';
import { train } from './training.ts';
import { makePlace, type Workplace } from './workplace.ts';

/**
 * Trains without a stop, and once more: what differs between two of these could not be blamed on a stop.
 * @param known of an earlier start of this script: its results hold for the same code and params only
 * @throws UserError where two of them differ
 */
export async function makeReference(
  workplace: Workplace,
  seed: number,
  known: Reference | null,
): Promise<Reference> {
  if (known !== null && known.seed !== seed) {
    throw new UserError(`the results were begun with --seed ${known.seed}: use that, or another --results`);
  }
  // The first one records the graphs, which takes longer than all later ones.
  const first = await trainToTheEnd(workplace);
  const second = await trainToTheEnd(workplace);
  const differing = differences(second.outcome, first.outcome);
  if (differing.length > 0) {
    throw new UserError(`two uninterrupted trainings differ in ${differing.join(', ')}`);
  }
  if (known === null) return { kind: 'reference', seed, ...second };
  const changed = differences(second.outcome, known.outcome);
  if (changed.length === 0) return known;
  throw new UserError(
    `code or params have changed since the results were begun (${changed.join(', ')}): use another --results`,
  );
}

async function trainToTheEnd(
  workplace: Workplace,
): Promise<{ outcome: Outcome; steps: number; seconds: number }> {
  const place = await makePlace(workplace, 'reference');
  const { summary, exitCode, lines, seconds } = await train(place);
  if (summary === null || exitCode !== 0) {
    throw new UserError(`an uninterrupted training ended with ${exitCode}: ${lines.slice(-3).join(' | ')}`);
  }
  return { outcome: await readOutcome(place, summary), steps: summary.steps, seconds };
}
