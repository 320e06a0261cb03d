import { readdir, readFile, rm, truncate } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointsIn, differences, readOutcome, readReached } from '../../scripts/endurance/traces.ts';
import { train } from '../../scripts/endurance/training.ts';
import { makePlace, makeWorkplace } from '../../scripts/endurance/workplace.ts';
import { copyPlace, stopTraining } from '../support/train-process.ts';
import {
  errorsOf,
  expectSameResult,
  newestIn,
  SMALLER,
  STOPPED_AT,
  useTrainingPlaces,
} from '../support/training-places.ts';

const at = useTrainingPlaces();

describe('aerial train after a stop', () => {
  it('goes on from the newest checkpoint and ends as if nothing had been', async () => {
    const place = await copyPlace(at.stopped, 'goes-on');
    const ending = await train(place);
    await expectSameResult(place, ending, at.expected);
    expect(ending.summary!.resumed_from).toBe((await newestIn(at.stopped)).step);
  }, 120_000);

  it('uses the checkpoint before one that is cut off, and says so', async () => {
    const place = await copyPlace(at.stopped, 'torn');
    const [before, newest] = (await checkpointsIn(place)).slice(-2);
    await truncate(newest!.path, 2000);
    const ending = await train(place);
    await expectSameResult(place, ending, at.expected);
    expect(ending.summary!.resumed_from).toBe(before!.step);
    const warnings = ending.lines.filter((line) => line.includes(relative(place, newest!.path)));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^warning: /);
  }, 60_000);

  it('begins anew with --resume never, and sets aside what was there', async () => {
    const place = await copyPlace(at.stopped, 'never');
    const newest = await newestIn(place);
    const bytes = await readFile(newest.path);
    const ending = await train(place, '--resume', 'never');
    await expectSameResult(place, ending, at.expected);
    expect(ending.summary!.resumed_from).toBeNull();
    const aside = newest.path.replace(dirname(newest.path), `${dirname(newest.path)}-1`);
    expect((await readFile(aside)).equals(bytes)).toBe(true);
    expect(ending.lines.filter((line) => line.includes(relative(place, dirname(aside))))).toHaveLength(1);
  }, 120_000);

  it('goes on from the file that --resume names', async () => {
    const place = await copyPlace(at.stopped, 'named');
    const [oldest] = await checkpointsIn(place);
    const ending = await train(place, '--resume', relative(place, oldest!.path));
    await expectSameResult(place, ending, at.expected);
    expect(ending.summary!.resumed_from).toBe(oldest!.step);
  }, 120_000);

  it('trains for more epochs where --resume names the file, with the keys that may change', async () => {
    const place = await copyPlace(at.stopped, 'longer');
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
    const newest = relative(at.stopped, (await newestIn(at.stopped)).path);
    const sets = changes.flatMap((change) => ['--set', change]);
    const ending = await train(at.stopped, '--resume', newest, ...sets);
    expect(ending.exitCode).toBe(2);
    expect(errorsOf(ending)).toHaveLength(1);
    expect(errorsOf(ending)[0]).toMatch(keys);
    expect(errorsOf(ending)[0]).toContain(newest);
  });

  it('refuses to go on from a file on other data', async () => {
    const other = await makeWorkplace(join(at.folder, 'other'), [...SMALLER, 'data.synthetic.size=160']);
    const place = await makePlace(other, 'place');
    const { path } = await newestIn(at.stopped);
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
    const ending = await train(at.finished, '--resume', path);
    expect(ending.exitCode).toBe(2);
    expect(errorsOf(ending)).toEqual([expect.stringMatching(message)]);
  });

  it('refuses to go on from a torn file that was named, without taking another one', async () => {
    const place = await copyPlace(at.stopped, 'torn and named');
    const { path } = await newestIn(place);
    await truncate(path, 2000);
    const ending = await train(place, '--resume', relative(place, path));
    expect(ending.exitCode).toBe(2);
    expect(errorsOf(ending)).toHaveLength(1);
  });

  it('brings back the best model that was removed before the run', async () => {
    const place = await makePlace(at.workplace, 'removed');
    // After the first validation, with a best model.
    await stopTraining(place, { step: 8 + STOPPED_AT, signals: ['SIGTERM'] });
    for (const name of await readdir(join(place, 'runs/train'))) {
      // As DVC does with the outputs of a stage before it runs.
      if (name !== 'checkpoints') await rm(join(place, 'runs/train', name), { recursive: true });
    }
    const ending = await train(place);
    expect(ending).toMatchObject({ exitCode: 0, summary: { finished: true, steps: 16 } });
    const differing = differences(await readOutcome(place, ending.summary!), at.expected);
    // Rows of before the stop went with the file that they were in.
    expect(differing).toEqual(['rows']);
  }, 120_000);
});

describe.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('aerial train at %s', (signal, code) => {
  it('saves after the running update and ends with its exit code', async () => {
    const place = await makePlace(at.workplace, signal);
    const ending = await stopTraining(place, { step: STOPPED_AT, signals: [signal] });
    expect(ending).toMatchObject({ exitCode: code, summary: { finished: false } });
    expect(errorsOf(ending)).toEqual([]);
    const { row, checkpoint } = await readReached(place);
    expect(checkpoint).toBe(row);
    expect(row).toBeLessThan(16);
    expect(ending.lines.join('\n')).toContain(relative(place, (await newestIn(place)).path));
  }, 120_000);

  it('ends at once at a second one', async () => {
    const place = await makePlace(at.workplace, `twice ${signal}`);
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
