import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkpointsIn,
  differences,
  type Outcome,
  readOutcome,
  readReached,
  readRows,
} from '../../scripts/endurance/traces.ts';
import { type Ending, train } from '../../scripts/endurance/training.ts';
import { makePlace, makeWorkplace, type Workplace } from '../../scripts/endurance/workplace.ts';
import { copyPlace, stopTraining } from '../support/train-process.ts';

/** Two passes of eight updates. */
const SMALLER = ['data.synthetic.train=16', 'data.synthetic.valid=2', 'train.accumulation_steps=1'];
const STOPPED_AT = 5;

let folder: string;
let workplace: Workplace;
let expected: Outcome;
let finished: string;
/** A place in which a training was stopped under way. */
let stopped: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-resume-'));
  workplace = await makeWorkplace(folder, SMALLER);
  finished = await makePlace(workplace, 'finished');
  const { summary, lines } = await train(finished);
  if (!summary?.finished) throw new Error(lines.join('\n'));
  expected = await readOutcome(finished, summary);
  stopped = await makePlace(workplace, 'stopped');
  await stopTraining(stopped, { step: STOPPED_AT, signals: ['SIGTERM'] });
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the user can read of it: no warnings of libraries, no lines of every run. */
const errorsOf = ({ lines }: Ending) => lines.filter((line) => line.startsWith('error:'));
const newestIn = async (place: string) => (await checkpointsIn(place)).at(-1)!;

async function expectSameResult(place: string, ending: Ending) {
  expect(ending).toMatchObject({ exitCode: 0, summary: { finished: true, steps: 16 } });
  expect(differences(await readOutcome(place, ending.summary!), expected)).toEqual([]);
}

describe('aerial train after a stop', () => {
  it('goes on from the newest checkpoint and ends as if nothing had been', async () => {
    const place = await copyPlace(stopped, 'goes-on');
    const ending = await train(place);
    await expectSameResult(place, ending);
    expect(ending.summary!.resumed_from).toBe((await newestIn(stopped)).step);
  }, 120_000);

  it.each([
    ['cut off', (path: string) => truncate(path, 2000)],
    ['with a byte changed', changeByte],
  ])(
    'uses the checkpoint before one that is %s, and says so',
    async (name, spoil) => {
      const place = await copyPlace(stopped, `torn ${name}`);
      const [before, newest] = (await checkpointsIn(place)).slice(-2);
      await spoil(newest!.path);
      const ending = await train(place);
      await expectSameResult(place, ending);
      expect(ending.summary!.resumed_from).toBe(before!.step);
      const warnings = ending.lines.filter((line) => line.includes(relative(place, newest!.path)));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^warning: /);
    },
    60_000,
  );

  it('begins anew with --resume never, and sets aside what was there', async () => {
    const place = await copyPlace(stopped, 'never');
    const newest = await newestIn(place);
    const bytes = await readFile(newest.path);
    const ending = await train(place, '--resume', 'never');
    await expectSameResult(place, ending);
    expect(ending.summary!.resumed_from).toBeNull();
    const aside = newest.path.replace(dirname(newest.path), `${dirname(newest.path)}-1`);
    expect((await readFile(aside)).equals(bytes)).toBe(true);
    expect(ending.lines.filter((line) => line.includes(relative(place, dirname(aside))))).toHaveLength(1);
  }, 120_000);

  it('goes on from the file that --resume names', async () => {
    const place = await copyPlace(stopped, 'named');
    const [oldest] = await checkpointsIn(place);
    const ending = await train(place, '--resume', relative(place, oldest!.path));
    await expectSameResult(place, ending);
    expect(ending.summary!.resumed_from).toBe(oldest!.step);
  }, 120_000);

  it('trains for more epochs where --resume names the file, with the keys that may change', async () => {
    const place = await copyPlace(stopped, 'longer');
    const newest = await newestIn(place);
    const ending = await train(
      place,
      ...['--resume', relative(place, newest.path), '--set', 'train.epochs=3', '--set', 'train.patience=9'],
    );
    expect(ending).toMatchObject({
      exitCode: 0,
      summary: { finished: true, steps: 24, resumed_from: newest.step },
    });
  }, 120_000);

  it.each([
    [['train.learning_rate=0.004'], /train\.learning_rate/],
    [['model.fpn_channels=16', 'augment.blur=0.5'], /augment\.blur.*model\.fpn_channels/],
    [['seed=18'], /\bseed\b/],
  ])('refuses to go on from a file with %j: exit code 2, keys named', async (changes, keys) => {
    const newest = relative(stopped, (await newestIn(stopped)).path);
    const sets = changes.flatMap((change) => ['--set', change]);
    const ending = await train(stopped, '--resume', newest, ...sets);
    expect(ending.exitCode).toBe(2);
    expect(errorsOf(ending)).toHaveLength(1);
    expect(errorsOf(ending)[0]).toMatch(keys);
    expect(errorsOf(ending)[0]).toContain(newest);
  });

  it('refuses to go on from a file on other data', async () => {
    const other = await makeWorkplace(join(folder, 'other'), [...SMALLER, 'data.synthetic.size=160']);
    const place = await makePlace(other, 'place');
    const { path } = await newestIn(stopped);
    const ending = await train(place, '--resume', path);
    expect(ending.exitCode).toBe(2);
    expect(errorsOf(ending)).toEqual([expect.stringMatching(/other prepared data/)]);
  }, 120_000);

  it.each([
    ['runs/none.safetensors', /none\.safetensors/],
    ['runs/train/best.safetensors', /best\.safetensors is not a checkpoint/],
    ['params.yaml', /params\.yaml/],
    ['runs', /runs/],
    ['', /--resume/],
  ])('refuses to go on from %j: exit code 2, one line', async (path, message) => {
    const ending = await train(finished, '--resume', path);
    expect(ending.exitCode).toBe(2);
    expect(errorsOf(ending)).toEqual([expect.stringMatching(message)]);
  });

  it('refuses to go on from a torn file that was named, without taking another one', async () => {
    const place = await copyPlace(stopped, 'torn and named');
    const { path } = await newestIn(place);
    await truncate(path, 2000);
    const ending = await train(place, '--resume', relative(place, path));
    expect(ending.exitCode).toBe(2);
    expect(errorsOf(ending)).toHaveLength(1);
  });

  it('with other params begins anew, and says in one line what differs and how to go on', async () => {
    const place = await copyPlace(stopped, 'other params');
    const newest = await newestIn(place);
    const ending = await train(place, '--set', 'train.learning_rate=0.004');
    expect(ending).toMatchObject({ exitCode: 0, summary: { resumed_from: null, steps: 16 } });
    const told = ending.lines.filter((line) => line.includes(relative(place, newest.path)));
    expect(told).toEqual([expect.stringMatching(/train\.learning_rate.*--resume/)]);
    // It can still be gone on with; its rows went when the other run began its own, of which none stays among them.
    const other = (await readRows(place)).map(({ run }) => run);
    const back = await train(place);
    expect(back.summary!.resumed_from).toBe(newest.step);
    expect(differences(await readOutcome(place, back.summary!), expected)).toEqual(['rows']);
    const rows = await readRows(place);
    expect(new Set(rows.map(({ run }) => run)).size).toBe(1);
    expect(other).not.toContain(rows[0]!.run);
    expect(rows[0]!.step).toBe(newest.step + 1);
  }, 120_000);

  it('anew after a finished run; stopped on the way, goes on with the new one', async () => {
    const place = await copyPlace(finished, 'anew');
    const { lines } = await stopTraining(place, { step: STOPPED_AT, signals: ['SIGKILL'] });
    expect(lines.join('\n')).not.toMatch(/step 16/);
    const { row } = await readReached(place);
    expect(row).toBeLessThan(16);
    const ending = await train(place);
    await expectSameResult(place, ending);
    expect(ending.summary!.resumed_from).toBeGreaterThanOrEqual(row - 4);
    expect(ending.summary!.resumed_from).toBeLessThanOrEqual(row);
  }, 120_000);

  it('brings back the best model that was removed before the run', async () => {
    const place = await makePlace(workplace, 'removed');
    // After the first validation, with a best model.
    await stopTraining(place, { step: 8 + STOPPED_AT, signals: ['SIGTERM'] });
    for (const name of await readdir(join(place, 'runs/train'))) {
      // As DVC does with the outputs of a stage before it runs.
      if (name !== 'checkpoints') await rm(join(place, 'runs/train', name), { recursive: true });
    }
    const ending = await train(place);
    expect(ending).toMatchObject({ exitCode: 0, summary: { finished: true, steps: 16 } });
    const differing = differences(await readOutcome(place, ending.summary!), expected);
    // Rows of before the stop went with the file that they were in.
    expect(differing).toEqual(['rows']);
  }, 120_000);
});

describe.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('aerial train at %s', (signal, code) => {
  it('saves after the running update and ends with its exit code', async () => {
    const place = await makePlace(workplace, signal);
    const ending = await stopTraining(place, { step: STOPPED_AT, signals: [signal] });
    expect(ending).toMatchObject({ exitCode: code, summary: { finished: false } });
    expect(errorsOf(ending)).toEqual([]);
    const { row, checkpoint } = await readReached(place);
    expect(checkpoint).toBe(row);
    expect(row).toBeLessThan(16);
    expect(ending.lines.join('\n')).toContain(relative(place, (await newestIn(place)).path));
  }, 120_000);

  it('ends at once at a second one', async () => {
    const place = await makePlace(workplace, `twice ${signal}`);
    const ending = await stopTraining(
      place,
      { step: STOPPED_AT, signals: [signal, signal === 'SIGINT' ? 'SIGTERM' : 'SIGINT'] },
      ...['--set', 'train.checkpoint.steps=1000'],
    );
    expect([130, 143]).toContain(ending.exitCode);
    expect(ending.lines.join('\n')).toMatch(/Stopping in an orderly way.*\nStopped by SIG(INT|TERM)$/);
    expect(ending.summary).toBeNull();
    // No time was taken for one more.
    expect((await readReached(place)).checkpoint).toBe(0);
  }, 120_000);
});

async function changeByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 100]! ^= 1;
  await writeFile(path, bytes);
}
