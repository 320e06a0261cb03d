import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Params } from '../../../src/params/schema.ts';
import { UserError } from '../../../src/system/errors.ts';
import { type BestModel, initialState, type RunState } from '../../../src/train/checkpoint/run-state.ts';
import { createStore } from '../../../src/train/checkpoint/store.ts';
import { goOnWithLess } from '../../../src/train/memory/go-on-with-less.ts';
import { computedParams, type TrainingRun } from '../../../src/train/open-run.ts';
import { collectLog } from '../../support/collect-log.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { testParams } from '../../support/test-params.ts';

const makeFolder = useTempFolders();
const OOM = new Error('Session fail to run with error: OOM when allocating tensor with shape[1]');

const tensors = async () => new Map([['a', { shape: [1], values: Float32Array.of(7) }]]);

/** As far as it matters when memory runs out; its newest checkpoint is after step 7. */
async function runAt(state: Partial<RunState>, train: Partial<Params['train']> = {}) {
  const base = testParams('');
  const memory = { plan: 'warn' as const, when_out: 'halve' as const };
  const params = {
    ...base,
    train: { ...base.train, batch_size: 6, accumulation_steps: 2, memory, ...train },
  };
  const log = collectLog();
  const folder = join(await makeFolder(), 'run');
  const fingerprint = { params: {}, data: '', code: '' };
  const store = createStore({ folder, fingerprint, keep: 2, resume: null, log });
  const begun = {
    ...initialState({
      phase: 'train',
      pretrained: null,
      batchSize: params.train.batch_size,
      trackingId: null,
    }),
    steps: 7,
  };
  await store.save(begun, tensors);
  const progress = { line: log.info, update: () => {}, stop: () => {} };
  const run = { params, store, progress, state: { ...begun, ...state }, tensors: null };
  return { log, run: run as object as TrainingRun };
}

it('goes back to the newest checkpoint, but remembers what went wrong since', async () => {
  const trouble = { count: 1, rateFactor: 0.5, excluded: [8], overflows: 0 };
  const { run, log } = await runAt({ steps: 9, updates: 2, trouble });
  await goOnWithLess(run, OOM);
  expect(run.state).toMatchObject({ steps: 7, updates: 0, batchSize: 3, trouble });
  expect(run.tensors!.get('a')!.values).toEqual(Float32Array.of(7));
  expect(computedParams(run).train).toMatchObject({ batch_size: 3, accumulation_steps: 4 });
  expect(run.params.train.batch_size).toBe(6);
  expect(log.lines).toEqual([
    'Out of memory: going on from step 7 with batches of 3, 4 of them in an update, which stays as large as it was',
  ]);
  await goOnWithLess(run, OOM);
  expect(computedParams(run).train).toMatchObject({ batch_size: 1, accumulation_steps: 12 });
});

it('goes on from what was finished, and without a best model that was found to be lost', async () => {
  const { run } = await runAt({}, {});
  await run.store.save({ ...run.state, steps: 8, finished: true, best: { step: 4 } as BestModel }, tensors);
  await goOnWithLess(run, OOM);
  expect(run.state).toMatchObject({ steps: 8, finished: false, best: null });
});

it('begins a phase again with what the model holds', async () => {
  const { run } = await runAt({ phase: 'fine_tune', steps: 9, stepsBeforePhase: 9 });
  await goOnWithLess(run, OOM);
  expect(run.state).toMatchObject({ phase: 'fine_tune', steps: 9, batchSize: 3 });
  expect(run.tensors).toBe(null);
});

it.each<[string, Partial<RunState>, Partial<Params['train']>]>([
  ['it is told to stop', {}, { memory: { plan: 'warn', when_out: 'stop' } }],
  ['a batch is of one image', {}, { batch_size: 1 }],
  ['updates of this phase are in no checkpoint', { phase: 'fine_tune', steps: 9, stepsBeforePhase: 8 }, {}],
])('is an error with advice where %s', async (_, state, train) => {
  const { run } = await runAt(state, train);
  await expect(goOnWithLess(run, OOM)).rejects.toBeInstanceOf(UserError);
  await expect(goOnWithLess(run, OOM)).rejects.toThrow(/^Out of memory in training/);
});
