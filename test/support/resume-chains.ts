import { expect } from 'vitest';
import type { Params } from '../../src/params/schema.ts';
import {
  expectSame,
  forgetRuns,
  type RunResult,
  rowsOf,
  stopsAtLook,
  type TinyRuns,
  train,
} from './training-runs.ts';

/**
 * Trains once in one piece and once in parts, and expects the same to the last bit: weights, the update's memory, the best
 * model, history and rows.
 * @param looks at which look at the signal each part stops, in turn; the last part comes to the end. The first look is
 *   before the phase; then there is one before each batch, one after the pass, and one for each batch of the validation
 */
export async function expectSameInParts(
  runs: TinyRuns,
  recipe: Partial<Params['train']>,
  looks: readonly number[],
): Promise<void> {
  const params = runs.params({ epochs: 2, spike_factor: 1.01, ...recipe });
  await forgetRuns(params);
  const whole = await train(params);
  expect(whole.kept!.recentLosses).toHaveLength(whole.summary.steps);
  await forgetRuns(params);
  const parts: RunResult[] = [];
  for (const [i, look] of looks.entries()) {
    // Threads make the same batches; the model is labelled with these params for as long as they are those of the run.
    parts.push(await train(runs.params(params.train, { workers: i % 2 }), stopsAtLook(look)));
  }
  const end = await train(params);
  const stoppedAt = parts.at(-1)!.summary;
  expect(stoppedAt.finished).toBe(false);
  // Where it was stopped before it began, there is nothing to go on with.
  expect(end.summary.resumed_from).toBe(stoppedAt.checkpoints === null ? null : stoppedAt.steps);
  expect(end.summary.finished).toBe(true);
  expectSame(end, whole);
  expect(rowsOf([...parts, end])).toEqual(whole.rows);
}
