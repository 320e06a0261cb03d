/** What a second start makes of the first one's results and checkpoints. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { hashParams, readSavedParams } from '../../src/params/saved-params.ts';
import type { Params } from '../../src/params/schema.ts';
import { readCheckpoint } from '../../src/train/checkpoint/checkpoint-file.ts';
import { listCheckpoints, listRuns } from '../../src/train/checkpoint/checkpoint-folder.ts';
import { formatTrainingSummary } from '../../src/train/report.ts';
import { forgetRuns, stopsAtLook, train, useTinyRuns } from '../support/training-runs.ts';

const runs = useTinyRuns({ train: 4, valid: 1, test: 1 });
const eager = (more: Partial<Params['train']> = {}) => runs.params({ compile: false, epochs: 2, ...more });
/** Looks at the signal until the first validation is over: before the phase and two batches, after the pass, in the validation. */
const FIRST_EPOCH = 6;
const OUTS = ['best.safetensors', 'curves.svg', 'history.json', 'metrics.json', 'params.yaml'];
const inTrain = (params: Params, name = '') => join(params.paths.runs, 'train', name);

async function stopAfterFirstEpoch(params: Params) {
  await forgetRuns(params);
  const stopped = await train(params, stopsAtLook(FIRST_EPOCH));
  expect(stopped.summary).toMatchObject({ finished: false, epochs: 1, steps: 2, best: { epoch: 1 } });
  return stopped;
}

const contents = (params: Params) =>
  Promise.all(OUTS.map(async (name) => (await readFile(inTrain(params, name))).toString('base64')));

it('brings back what DVC removes before a stage begins', async () => {
  const params = eager();
  const stopped = await stopAfterFirstEpoch(params);
  expect(formatTrainingSummary(stopped.summary)).toMatch(
    /^Stopped after 2 steps in .*\nBest model \(epoch 1\)/,
  );
  expect(formatTrainingSummary(stopped.summary)).toMatch(/Next: aerial train, .* goes on from there$/);
  const before = await contents(params);
  for (const name of OUTS) await rm(inTrain(params, name));
  const again = await train(params, stopsAtLook(1));
  expect(again.summary).toMatchObject({
    finished: false,
    steps: 2,
    resumed_from: 2,
    best: stopped.summary.best,
  });
  expect(await contents(params)).toEqual(before);
}, 60_000);

it('takes its best model from the results where that beside the checkpoints is gone; else says that it is lost', async () => {
  const params = eager();
  const { summary } = await stopAfterFirstEpoch(params);
  const kept = join(summary.checkpoints!, 'best-00000002.safetensors');
  const model = await readFile(kept);
  await rm(kept);
  expect((await train(params, stopsAtLook(1))).summary.best).toEqual(summary.best);
  expect(await readFile(kept)).toEqual(model);
  await writeFile(kept, 'torn');
  await rm(inTrain(params, 'best.safetensors'));
  const lost = await train(params, stopsAtLook(1));
  expect(lost.summary.best).toBe(null);
  expect(lost.lines.join('\n')).toMatch(
    /best-00000002.safetensors is missing or changed: the best model so far \(epoch 1\) is lost/,
  );
  expect((await train(params)).summary.best!.epoch).toBe(2);
}, 60_000);

it('labels the best model anew where params have changed that decide no number', async () => {
  const params = eager();
  const stopped = await stopAfterFirstEpoch(params);
  const others = { ...params, tracking: { ...params.tracking, run_name: 'again' } };
  await train(others, stopsAtLook(1));
  const { metadata } = await readSafetensors(inTrain(params, 'best.safetensors'));
  expect(metadata.params).toBe(hashParams(others));
  expect(await readSavedParams(inTrain(params, 'params.yaml'))).toEqual(others);
  // Both were stopped before they kept anything: the checkpoint still tells of the model as it was.
  const third = await train(params, stopsAtLook(1));
  expect(third.summary.best).toEqual(stopped.summary.best);
  expect(third.best).toBe(stopped.best);
}, 60_000);

it('begins anew after a run that is finished, whose checkpoints stay until then', async () => {
  const params = eager({ epochs: 1 });
  await forgetRuns(params);
  const first = await train(params);
  expect(await listCheckpoints(first.summary.checkpoints!)).toMatchObject([{ step: 2 }, { step: 0 }]);
  const second = await train(params);
  expect(second.summary).toMatchObject({ resumed_from: null, finished: true, steps: 2 });
  expect(second.summary.weights_sha256).toBe(first.summary.weights_sha256);
  expect(second.lines.join('\n')).not.toMatch(/set aside/);
  expect(await listRuns(dirname(first.summary.checkpoints!))).toEqual([first.summary.checkpoints]);
}, 60_000);

it('says what a finished run came to where that was killed before it could', async () => {
  const params = eager({ epochs: 1 });
  await forgetRuns(params);
  const killed = await train(params, { killed: true });
  const before = await contents(params);
  const second = await train(params);
  expect(second.lines).toContain(
    'The run of these params, data and code is finished: it was stopped before it could say so; --resume never trains anew',
  );
  expect(second.summary).toMatchObject({
    finished: true,
    resumed_from: 2,
    steps: 2,
    best: killed.summary.best,
  });
  expect(await contents(params)).toEqual(before);
  // Now it is told: the next one is a new one. What goes on from within it has to tell its own end.
  expect((await train(params)).summary.resumed_from).toBe(null);
  const [last] = await listCheckpoints(killed.summary.checkpoints!);
  await train(params, { resume: last!.path, killed: true });
  expect((await train(params)).summary.resumed_from).toBe(2);
}, 60_000);

it('puts the results of a finished run back where they are gone', async () => {
  const params = eager({ epochs: 1 });
  await forgetRuns(params);
  const first = await train(params);
  const before = await contents(params);
  for (const name of OUTS) await rm(inTrain(params, name));
  const second = await train(params);
  expect(second.summary).toMatchObject({
    finished: true,
    resumed_from: 2,
    steps: 2,
    best: first.summary.best,
  });
  expect(await contents(params)).toEqual(before);
}, 60_000);

it('sets an unfinished run aside where it is told never to resume, and can be told to go on with it later', async () => {
  const params = eager();
  const stopped = await stopAfterFirstEpoch(params);
  const anew = await train(params, { ...stopsAtLook(3), resume: 'never' });
  const aside = `${stopped.summary.checkpoints}-1`;
  expect(anew.lines).toContain(`The checkpoints of an earlier start of this run were set aside: ${aside}`);
  expect(anew.summary).toMatchObject({ resumed_from: null, steps: 1 });
  const whole = await train(params);
  expect(whole.summary).toMatchObject({ resumed_from: 1, finished: true });
  const [kept] = await listCheckpoints(aside);
  const other = await train(params, { resume: kept!.path });
  expect(other.summary).toMatchObject({ resumed_from: 2, finished: true });
  expect([other.summary.weights_sha256, other.best]).toEqual([whole.summary.weights_sha256, whole.best]);
}, 90_000);

it('trains a finished run for longer when its checkpoint is named, in a folder of its own', async () => {
  const short = eager({ epochs: 1 });
  await forgetRuns(short);
  const first = await train(short);
  const [kept] = await listCheckpoints(first.summary.checkpoints!);
  const nothing = await train(short, { resume: kept!.path });
  expect(nothing.summary).toMatchObject({ resumed_from: 2, finished: true, steps: 2, epochs: 1 });
  const longer = await train(eager({ epochs: 3 }), { resume: kept!.path });
  expect(longer.summary).toMatchObject({ resumed_from: 2, finished: true, steps: 6, epochs: 3 });
  expect(longer.summary.checkpoints).not.toBe(first.summary.checkpoints);
  expect(longer.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  // The finished one has made way.
  expect(await listRuns(dirname(first.summary.checkpoints!))).toEqual([longer.summary.checkpoints]);
  expect(parse(await readFile(inTrain(short, 'params.yaml'), 'utf8')).train.epochs).toBe(3);
}, 90_000);

it('ends when validations bring nothing any more', async () => {
  // At this rate nothing moves: the first validation stays the best.
  const still = { learning_rate: 1e-12, min_learning_rate: 0, epochs: 9, patience: 2 };
  const params = eager(still);
  await forgetRuns(params);
  // Stopped and gone on with, it has not forgotten how many there were.
  await train(params, stopsAtLook(2 * FIRST_EPOCH - 1));
  const { summary, lines } = await train(params);
  expect(summary).toMatchObject({ finished: true, epochs: 3, best: { epoch: 1 } });
  expect(lines).toContain('Stopped: as many validations as train.patience (2) brought no better model');
}, 60_000);

it('counts the time of all parts of a run', async () => {
  const first = await stopAfterFirstEpoch(eager({ max_minutes: 60 }));
  const [kept] = await listCheckpoints(first.summary.checkpoints!);
  const { seconds } = await readCheckpoint(kept!.path).then(({ state }) => state);
  expect(seconds).toBeGreaterThan(0);
  // What the first part took is all that there is.
  const second = await train(eager({ max_minutes: seconds / 60 }), { resume: kept!.path });
  expect(second.summary).toMatchObject({ finished: true, steps: 2, epochs: 1 });
  expect(second.summary.seconds).toBeGreaterThan(seconds);
  expect(second.lines.join('\n')).toMatch(/Stopped: train\.max_minutes \([\d.]+\) is over/);
}, 60_000);
