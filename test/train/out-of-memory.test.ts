/** Memory that runs out in the midst of a run: TensorFlow's error is thrown in its place, for a real one takes the machine along. */
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { UserError } from '../../src/system/errors.ts';
import { watchSteps } from '../support/plant-in-session.ts';
import { forgetRuns, stopsAtLook, train, useTinyRuns } from '../support/training-runs.ts';

const runs = useTinyRuns({ train: 8, valid: 1, test: 1 });
afterEach(() => vi.restoreAllMocks());

const OOM =
  'Session fail to run with error: OOM when allocating tensor with shape[4,64,64,16] and type float';
/** No room for a batch of four from this draw on. */
const runOut = (from: number) =>
  watchSteps(({ count, draw }) => {
    if (count === 4 && draw >= from) throw new Error(OOM);
  });
const whenOut = (action: 'stop' | 'halve') =>
  runs.params({ epochs: 1, batch_size: 4, memory: { plan: 'warn', when_out: action } });

/** What a run with the smaller batch from its start ends with. */
let expected: string | null;
beforeAll(async () => {
  const asked = runs.params({ epochs: 1, batch_size: 2, accumulation_steps: 2 });
  expected = (await train(asked)).summary.weights_sha256;
}, 120_000);

it('halves the batch and goes on from the last checkpoint; an update is of as many images as before', async () => {
  const params = whenOut('halve');
  await forgetRuns(params);
  runOut(1);
  const result = await train(params);
  expect(result.lines).toContain(
    'Out of memory: going on from step 0 with batches of 2, 2 of them in an update, which stays as large as it was',
  );
  expect(result.summary).toMatchObject({ finished: true, steps: 2 });
  expect(result.summary.weights_sha256).toBe(expected);
}, 120_000);

it('remembers the batch that fits when it is gone on with', async () => {
  const params = whenOut('halve');
  await forgetRuns(params);
  runOut(2);
  // Before the phase, before the two batches of the first engine, before the third batch of the second one.
  const stopped = await train(params, stopsAtLook(6));
  expect(stopped.summary).toMatchObject({ finished: false, steps: 1 });
  expect(stopped.lines.join('\n')).toMatch(/Out of memory: going on from step 0/);
  const rest = await train(params);
  expect(rest.lines.join('\n')).not.toMatch(/Out of memory/);
  expect(rest.summary).toMatchObject({ finished: true, resumed_from: 1, steps: 2 });
  // The update that had been made with the larger batch was made again.
  expect(rest.summary.weights_sha256).toBe(expected);
}, 120_000);

it('goes back with the batch that fits, after a bad update', async () => {
  const bad = { action: 'roll_back', most: 1, rate_factor: 0.5 } as const;
  const common = { epochs: 1, non_finite: bad, checkpoint: { steps: 1, keep: 2 } };
  const asked = runs.params({ ...common, batch_size: 2, accumulation_steps: 2 });
  // Batches 3 and 4 are of the second update.
  watchSteps(({ count, draw, spoil }) => {
    if (count === 4) throw new Error(OOM);
    if (draw === 3) spoil();
  });
  const fitting = await train(asked);
  const halving = runs.params({ ...common, batch_size: 4, memory: { plan: 'warn', when_out: 'halve' } });
  const result = await train(halving);
  expect(result.lines.filter((line) => /^(Out of|Step|Back)/.test(line))).toEqual([
    expect.stringMatching(/^Out of memory: going on from step 0 with batches of 2, 2 of them/),
    expect.stringMatching(/^Step 2: .* going back to the last checkpoint \(1 of at most 1 times\)/),
    'Back at step 1, from here on at 0.5 times the learning rate',
  ]);
  expect(result.summary).toMatchObject({ finished: true, steps: 2 });
  expect(result.summary.weights_sha256).toBe(fitting.summary.weights_sha256);
}, 120_000);

it('ends with advice where it is told to stop', async () => {
  const params = whenOut('stop');
  await forgetRuns(params);
  runOut(2);
  const failure = train(params);
  await expect(failure).rejects.toBeInstanceOf(UserError);
  await expect(failure).rejects.toThrow(
    /^Out of memory in training with train\.batch_size 4 \(OOM when allocating/,
  );
}, 120_000);
