/** Batches that are not finite, planted just before TensorFlow has them. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { Params } from '../../src/params/schema.ts';
import { UserError } from '../../src/system/errors.ts';
import { readCheckpoint } from '../../src/train/checkpoint/checkpoint-file.ts';
import { listCheckpoints } from '../../src/train/checkpoint/checkpoint-folder.ts';
import { watchSteps } from '../support/plant-in-session.ts';
import {
  expectSame,
  forgetRuns,
  type RunResult,
  stopsAtLook,
  train,
  useTinyRuns,
} from '../support/training-runs.ts';

/** Four updates in the one pass; checkpoints after the second and the fourth. */
const runs = useTinyRuns({ train: 8, valid: 1, test: 1 });
afterEach(() => vi.restoreAllMocks());

const withPolicy = (nonFinite: Partial<Params['train']['non_finite']>) =>
  runs.params({
    epochs: 1,
    non_finite: { action: 'stop', most: 2, rate_factor: 0.5, ...nonFinite },
  });

/** Spoils the batches with these draws whenever they come. */
const spoil = (...draws: number[]) => watchSteps((run) => draws.includes(run.draw) && run.spoil());

const stepsOf = ({ rows }: RunResult) => rows.filter(({ row }) => 'train/loss' in row);
const failureOf = (run: Promise<unknown>) =>
  run.then(
    () => expect.fail('it did not stop'),
    (error: Error) => error,
  );

it('skips an update that is not finite; or stops before it, and can be told to go on without it', async () => {
  const skipping = withPolicy({ action: 'skip' });
  await forgetRuns(skipping);
  spoil(3);
  const skipped = await train(skipping);
  expect(stepsOf(skipped).map(({ step }) => step)).toEqual([1, 2, 4]);
  expect(skipped.summary).toMatchObject({ finished: true, steps: 4 });
  expect(skipped.history[0]!['train/loss']).toBeGreaterThan(0);
  const trouble = join(skipping.paths.runs, 'train', 'trouble', 'step-00000003');
  expect(skipped.lines).toContainEqual(
    expect.stringMatching(
      `^Step 3: \\S+ is NaN, expected a finite number; this update is not made \\(1 of at most 2 times\\); images \\S+, \\S+; the batch is in ${trouble}$`,
    ),
  );
  expect(await readdir(trouble)).toContain('batch.safetensors');
  await forgetRuns(skipping);
  const failure = await failureOf(train(withPolicy({ action: 'stop' })));
  expect(failure).toBeInstanceOf(UserError);
  const [, kept] =
    /^Training stopped at step 3: .* aerial train, with the same --params and --set, and --resume (\S+) --set train\.non_finite\.action=skip$/.exec(
      failure.message,
    )!;
  expect((await readCheckpoint(kept!)).state).toMatchObject({ steps: 2, updates: 2 });
  const rest = await train(skipping, { resume: kept! });
  expect(rest.summary.resumed_from).toBe(2);
  expect([rest.summary.weights_sha256, rest.best, rest.history]).toEqual([
    ...[skipped.summary.weights_sha256, skipped.best, skipped.history],
  ]);
}, 120_000);

it('goes back to the last checkpoint, and comes by without that update, at a lower rate', async () => {
  const params = withPolicy({ action: 'roll_back' });
  await forgetRuns(params);
  spoil(4);
  const result = await train(params);
  const steps = stepsOf(result);
  expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 3]);
  const [first, again] = steps.slice(2).map(({ row }) => row);
  expect(again!['train/learning_rate']).toBeCloseTo(first!['train/learning_rate']! / 2, 10);
  // From the same weights, with the same images.
  expect(again!['train/loss']).toBe(first!['train/loss']);
  expect(result.lines).toContain('Back at step 2, from here on at 0.5 times the learning rate');
  expect(result.summary).toMatchObject({ finished: true, steps: 4, epochs: 1 });
  const mean = (steps[0]!.row['train/loss']! + steps[1]!.row['train/loss']! + again!['train/loss']!) / 3;
  expect(result.history[0]!['train/loss']).toBeCloseTo(mean, 10);
  // Stopped after that and gone on with: the lower rate and what is left out are not forgotten.
  await forgetRuns(params);
  const part = await train(params, stopsAtLook(8));
  expect(part.lines).toContain('Back at step 2, from here on at 0.5 times the learning rate');
  expect(part.summary).toMatchObject({ finished: false, steps: 3 });
  const rest = await train(params);
  expect(rest.summary.resumed_from).toBe(3);
  expectSame(rest, result);
}, 120_000);

it.each(['skip', 'roll_back'] as const)(
  'ends all the same after as many as are allowed: %s',
  async (action) => {
    const params = withPolicy({ action });
    await forgetRuns(params);
    spoil(1, 2, 3);
    const failure = await failureOf(train(params));
    expect(failure).toBeInstanceOf(UserError);
    expect(failure.message).toMatch(
      /^Training stopped at step 3: \S+ is NaN, expected a finite number, after 2 that were mended \(train\.non_finite\.most\); try a lower/,
    );
  },
  120_000,
);

it('does not skip, nor keep, an update that has carried the weights away', async () => {
  const params = withPolicy({ action: 'skip' });
  await forgetRuns(params);
  watchSteps((run) => run.draw === 2 && run.carryAway());
  const failure = await failureOf(train(params));
  expect(failure).toBeInstanceOf(UserError);
  const advice =
    /^Training stopped at step 2: \S+ is Infinity, .* aerial train, with the same --params and --set, and --resume (\S+) --set train\.non_finite\.action=roll_back$/;
  const [, kept] = advice.exec(failure.message)!;
  // Of the first step no checkpoint is there, and none may be made with the weights as they are now.
  expect(await listCheckpoints(dirname(kept!))).toEqual([{ path: kept, step: 0 }]);
  const mended = await train(withPolicy({ action: 'roll_back' }), { resume: kept! });
  expect(mended.summary).toMatchObject({ finished: true, steps: 4 });
  expect(stepsOf(mended).map(({ step }) => step)).toEqual([1, 1, 3, 4]);
}, 120_000);
