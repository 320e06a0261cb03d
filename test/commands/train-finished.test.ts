import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { differences, readOutcome } from '../../scripts/endurance/traces.ts';
import { train } from '../../scripts/endurance/training.ts';
import { makePlace, makeWorkplace } from '../../scripts/endurance/workplace.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const makeFolder = useTempFolders();
/** One pass of two updates. */
const SMALLER = [
  ...['data.synthetic.train=4', 'data.synthetic.valid=2', 'train.accumulation_steps=1'],
  ...['train.epochs=1', 'train.compile=false'],
];

it('begins a finished run anew with --resume never, also where its results are gone', async () => {
  const place = await makePlace(await makeWorkplace(await makeFolder(), SMALLER), 'finished');
  const first = await train(place);
  expect(first).toMatchObject({ exitCode: 0, summary: { finished: true, steps: 2 } });
  const outcome = await readOutcome(place, first.summary!);
  const checkpoints = join(place, 'runs/train/checkpoints');
  const [run] = await readdir(checkpoints);
  await rm(join(place, 'runs/train/best.safetensors'));
  const again = await train(place, '--resume', 'never');
  expect(again).toMatchObject({
    exitCode: 0,
    summary: { finished: true, steps: 2, resumed_from: null },
  });
  expect(differences(await readOutcome(place, again.summary!), outcome)).toEqual([]);
  expect(
    again.lines.filter((line) => line.includes(`${run}-finished until this one has its first model`)),
  ).toHaveLength(1);
  // The finished one has made way.
  expect(await readdir(checkpoints)).toEqual([run]);
}, 60_000);
