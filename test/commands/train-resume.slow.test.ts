/** What a training that was stopped is gone on with as: the cases that need two more trainings, or are like a quicker one. */
import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { expect, it } from 'vitest';
import {
  checkpointsIn,
  differences,
  readOutcome,
  readReached,
  readRows,
} from '../../scripts/endurance/traces.ts';
import { train } from '../../scripts/endurance/training.ts';
import { copyPlace, stopTraining } from '../support/train-process.ts';
import { expectSameResult, newestIn, STOPPED_AT, useTrainingPlaces } from '../support/training-places.ts';

const at = useTrainingPlaces();

it('uses the checkpoint before one with a byte changed', async () => {
  const place = await copyPlace(at.stopped, 'changed');
  const [before, newest] = (await checkpointsIn(place)).slice(-2);
  const bytes = await readFile(newest!.path);
  bytes[bytes.length - 100]! ^= 1;
  await writeFile(newest!.path, bytes);
  const ending = await train(place);
  await expectSameResult(place, ending, at.expected);
  expect(ending.summary!.resumed_from).toBe(before!.step);
});

it('with other params begins anew, and says in one line what differs and how to go on', async () => {
  const place = await copyPlace(at.stopped, 'other params');
  const newest = await newestIn(place);
  const ending = await train(place, '--set', 'train.learning_rate=0.004');
  expect(ending).toMatchObject({ exitCode: 0, summary: { resumed_from: null, steps: 16 } });
  const told = ending.lines.filter((line) => line.includes(relative(place, newest.path)));
  expect(told).toEqual([expect.stringMatching(/train\.learning_rate.*--resume/)]);
  // It can still be gone on with; its rows went when the other run began its own, of which none stays among them.
  const other = (await readRows(place)).map(({ run }) => run);
  const back = await train(place);
  expect(back.summary!.resumed_from).toBe(newest.step);
  expect(differences(await readOutcome(place, back.summary!), at.expected)).toEqual(['rows']);
  const rows = await readRows(place);
  expect(new Set(rows.map(({ run }) => run)).size).toBe(1);
  expect(other).not.toContain(rows[0]!.run);
  expect(rows[0]!.step).toBe(newest.step + 1);
});

it('anew after a finished run; stopped on the way, goes on with the new one', async () => {
  const place = await copyPlace(at.finished, 'anew');
  const { lines } = await stopTraining(place, { step: STOPPED_AT, signals: ['SIGKILL'] });
  expect(lines.join('\n')).not.toMatch(/step 16/);
  const { row } = await readReached(place);
  expect(row).toBeLessThan(16);
  const ending = await train(place);
  await expectSameResult(place, ending, at.expected);
  expect(ending.summary!.resumed_from).toBeGreaterThanOrEqual(row - 4);
  expect(ending.summary!.resumed_from).toBeLessThanOrEqual(row);
});
