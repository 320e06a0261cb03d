import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { checkpointsIn, differences, type Outcome, readOutcome } from '../../scripts/endurance/traces.ts';
import { type Ending, train } from '../../scripts/endurance/training.ts';
import { makePlace, makeWorkplace, type Workplace } from '../../scripts/endurance/workplace.ts';
import { stopTraining } from './train-process.ts';

/** Two passes of eight updates. */
export const SMALLER = [
  'data.synthetic.train=16',
  'data.synthetic.valid=2',
  'train.accumulation_steps=1',
] as const;
export const STOPPED_AT = 5;

/** The same training in several places. */
export interface TrainingPlaces {
  folder: string;
  workplace: Workplace;
  /** A place in which nobody stopped it, and what came out. */
  finished: string;
  expected: Outcome;
  /** One in which it was stopped under way. */
  stopped: string;
}

/** To be called at the top of a test file: trains before its tests, and removes all after. @returns set when its tests run */
export function useTrainingPlaces(): TrainingPlaces {
  const places = {} as TrainingPlaces;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aerial-resume-'));
    const workplace = await makeWorkplace(folder, [...SMALLER]);
    const finished = await makePlace(workplace, 'finished');
    const { summary, lines } = await train(finished);
    if (!summary?.finished) throw new Error(lines.join('\n'));
    const expected = await readOutcome(finished, summary);
    const stopped = await makePlace(workplace, 'stopped');
    await stopTraining(stopped, { step: STOPPED_AT, signals: ['SIGTERM'] });
    Object.assign(places, { folder, workplace, finished, expected, stopped });
  }, 180_000);
  afterAll(() => rm(places.folder, { recursive: true, force: true }));
  return places;
}

/** What the user can read of it: no warnings of libraries, no lines of every run. */
export const errorsOf = ({ lines }: Ending) => lines.filter((line) => line.startsWith('error:'));

/** The newest checkpoint of a place. */
export const newestIn = async (place: string) => (await checkpointsIn(place)).at(-1)!;

/** That a training has ended as the one that nobody stopped. */
export async function expectSameResult(place: string, ending: Ending, expected: Outcome) {
  expect(ending).toMatchObject({ exitCode: 0, summary: { finished: true, steps: 16 } });
  expect(differences(await readOutcome(place, ending.summary!), expected)).toEqual([]);
}
