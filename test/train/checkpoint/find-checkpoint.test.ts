import { mkdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Params } from '../../../src/params/schema.ts';
import { UsageError } from '../../../src/system/errors.ts';
import { writeCheckpoint } from '../../../src/train/checkpoint/checkpoint-file.ts';
import { checkpointPath, checkpointsFolder } from '../../../src/train/checkpoint/checkpoint-folder.ts';
import { findCheckpoint } from '../../../src/train/checkpoint/find-checkpoint.ts';
import { markReported } from '../../../src/train/checkpoint/reported.ts';
import {
  fingerprintOf,
  type RunFingerprint,
  runName,
} from '../../../src/train/checkpoint/run-fingerprint.ts';
import { type BestModel, initialState, type RunState } from '../../../src/train/checkpoint/run-state.ts';
import { collectLog } from '../../support/collect-log.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { testParams } from '../../support/test-params.ts';

const makeFolder = useTempFolders();
let params: Params;
beforeEach(async () => {
  params = testParams(await makeFolder());
});

interface Kept {
  train?: Partial<Params['train']>;
  data?: string;
  code?: string;
  state?: Partial<RunState>;
}

/** Writes a checkpoint of a run that differs from the one of the test as it is said. */
async function keep(
  steps: number,
  { train = {}, data = 'data', code, state = {} }: Kept = {},
): Promise<string> {
  const own = await fingerprintOf({ ...params, train: { ...params.train, ...train } }, data);
  const fingerprint: RunFingerprint = { ...own, code: code ?? own.code };
  const path = checkpointPath(join(checkpointsFolder(params), runName(fingerprint)), steps);
  const all = {
    ...initialState({ phase: 'train', pretrained: null, batchSize: 2, trackingId: null }),
    steps,
    ...state,
  };
  const tensors = new Map([['a', { shape: [1], values: Float32Array.of(steps) }]]);
  await writeCheckpoint({ path, state: all, fingerprint, tensors });
  return path;
}

async function find(resume: string, dataHash = 'data') {
  const log = collectLog();
  const found = await findCheckpoint({ params, dataHash, resume, log });
  return { path: found?.path ?? null, found, lines: log.lines };
}

describe('auto', () => {
  it('begins anew where there is nothing, without a word', async () => {
    expect(await find('auto')).toMatchObject({ path: null, lines: [] });
  });
  it('takes the newest of the same params, data and code, with its tensors', async () => {
    await keep(9);
    const path = await keep(10);
    const { found, lines } = await find('auto');
    expect(found).toMatchObject({ path, state: { steps: 10 } });
    expect(found!.tensors.get('a')!.values).toEqual(Float32Array.of(10));
    expect(lines).toEqual([]);
  });
  it('takes it also where keys differ that decide no number', async () => {
    const path = await keep(10);
    params = { ...params, device: 'cpu', data: { ...params.data, workers: 3 } };
    expect((await find('auto')).path).toBe(path);
  });
  it('names a torn one and takes the one before', async () => {
    const path = await keep(9);
    const torn = await keep(10);
    await truncate(torn, 900);
    const foreign = checkpointPath(join(path, '..'), 11);
    await writeFile(foreign, 'no checkpoint at all, whatever its name says');
    const { path: found, lines } = await find('auto');
    expect(found).toBe(path);
    expect(lines).toEqual([
      expect.stringMatching(`^warning: ${foreign} is not a usable safetensors file`),
      expect.stringMatching(`^warning: ${torn} is not a usable safetensors file`),
    ]);
  });
  it('begins anew where all are torn', async () => {
    await truncate(await keep(9), 100);
    expect(await find('auto')).toMatchObject({ path: null, lines: [expect.stringContaining('warning')] });
  });
  it('goes on with a finished run whose results are gone, to put them back', async () => {
    const best = { step: 9 } as BestModel;
    const path = await keep(9, { state: { finished: true, best } });
    expect(await find('auto')).toMatchObject({
      path,
      lines: [expect.stringMatching(/is finished: its results are put back; --resume never trains anew$/)],
    });
    expect((await find('never')).path).toBe(null);
    await mkdir(join(params.paths.runs, 'train'), { recursive: true });
    await writeFile(join(params.paths.runs, 'train', 'best.safetensors'), '');
    await markReported(dirname(path));
    expect(await find('auto')).toMatchObject({ path: null, lines: [] });
  });
  it('goes on with a finished run only where nobody was told that it is', async () => {
    await keep(8);
    const path = await keep(9, { state: { finished: true } });
    expect(await find('auto')).toMatchObject({
      path,
      lines: [expect.stringMatching(/is finished: it was stopped before it could say so; --resume never/)],
    });
    await markReported(dirname(path));
    expect(await find('auto')).toMatchObject({ path: null, lines: [] });
  });
  it('goes on with an unfinished run, also where an end of it that was undone had been told', async () => {
    const path = await keep(9);
    await markReported(dirname(path));
    expect(await find('auto')).toMatchObject({ path });
  });
  it.each<[string, Kept, RegExp]>([
    [
      'params',
      { train: { learning_rate: 0.5, momentum: 0.1 } },
      /of other params \(train\.learning_rate=0\.5, train\.momentum=0\.1\): with the params that it had, --resume .*step-00000007\.safetensors goes on with it$/,
    ],
    ['duration', { train: { epochs: 99 } }, /\(train\.epochs=99\): --resume \S+ goes on with it$/],
    ['data', { data: 'others' }, /of other prepared data: it is kept, for that data$/],
    ['code', { code: 'other' }, /of another version of the program: --resume \S+ goes on with it$/],
  ])('offers an unfinished run of other %s in one line', async (_, kept, line) => {
    await keep(7, kept);
    const { path, lines } = await find('auto');
    expect(path).toBe(null);
    expect(lines).toEqual([expect.stringMatching(line)]);
    expect(lines[0]).toMatch(/^An unfinished run stands at step 7, /);
  });
  it('offers the newest of several, and names no more than three keys', async () => {
    const older = await keep(3, { train: { learning_rate: 0.5 } });
    await utimes(older, 1, 1);
    await keep(7, { train: { learning_rate: 0.1, momentum: 0.1, beta2: 0.1, weight_decay: 0.1 } });
    const { lines } = await find('auto');
    expect(lines).toEqual([
      expect.stringMatching(/step 7 \(and 1 more\), of other params \(\S+, \S+, \S+ and 1 more\)/),
    ]);
  });
  it('does not offer finished runs, nor those that have not made a step', async () => {
    await keep(7, { train: { epochs: 99 }, state: { finished: true } });
    await keep(0, { train: { epochs: 98 } });
    expect((await find('auto')).lines).toEqual([]);
  });
});

it('never begins anew whatever there is', async () => {
  await keep(9);
  expect(await find('never')).toMatchObject({ path: null, lines: [] });
});

describe('a file', () => {
  it('is gone on with, finished or not', async () => {
    await keep(10);
    const path = await keep(9, { state: { finished: true } });
    expect(await find(path)).toMatchObject({ path, lines: [] });
  });
  it('may differ in what says how long training goes on, and what it does in trouble', async () => {
    const path = await keep(9, {
      train: {
        epochs: 99,
        patience: 1,
        max_minutes: 1,
        non_finite: { action: 'skip', most: 1, rate_factor: 1 },
      },
    });
    expect(await find(path)).toMatchObject({ path, lines: [] });
  });
  it('may be of other code, with a warning', async () => {
    const path = await keep(9, { code: 'other' });
    expect(await find(path)).toMatchObject({
      path,
      lines: [
        `warning: ${path} was written by another version of the program: the run may not go on as it would have`,
      ],
    });
  });
  it.each<[string, Kept, RegExp]>([
    [
      'params',
      { train: { learning_rate: 0.5 } },
      /with other params \(train\.learning_rate 0\.5, now 0\.002\)/,
    ],
    ['data', { data: 'others' }, /on other prepared data/],
  ])('of other %s is refused as wrong usage', async (_, kept, message) => {
    const path = await keep(9, kept);
    await expect(find(path)).rejects.toBeInstanceOf(UsageError);
    await expect(find(path)).rejects.toThrow(message);
    await expect(find(path)).rejects.toThrow(path);
  });
  it('is refused where the params leave out the phase in which it stands', async () => {
    const transfer = { ...params.train.transfer, freeze: { ...params.train.transfer.freeze, epochs: 0 } };
    const before = params.train;
    params = { ...params, train: { ...before, model_type: 'transfer' } };
    const [freezing, tuning] = [
      await keep(9, { state: { phase: 'freeze' } }),
      await keep(10, { state: { phase: 'fine_tune' } }),
    ];
    const longer = { ...transfer, freeze: { ...transfer.freeze, epochs: 99 } };
    params = { ...params, train: { ...params.train, transfer: longer } };
    expect((await find(tuning)).lines).toEqual([
      `warning: train.transfer.freeze.epochs has no effect any more: ${tuning} stands in the phase after it`,
    ]);
    params = { ...params, train: { ...params.train, transfer } };
    await expect(find(freezing)).rejects.toBeInstanceOf(UsageError);
    await expect(find(freezing)).rejects.toThrow(
      `--resume: ${freezing} stands in phase freeze, which train.transfer.freeze.epochs=0 leaves out; set it to 1 or more`,
    );
    // Its place among the phases is another one now.
    expect(await find(tuning)).toMatchObject({ path: tuning });
  });
  it('that cannot be read is refused as wrong usage', async () => {
    const path = await keep(9);
    await expect(find(`${path}x`)).rejects.toThrow(/^--resume: Cannot read .*x: ENOENT/);
    await expect(find(join(path, '..'))).rejects.toBeInstanceOf(UsageError);
    await truncate(path, 300);
    await expect(find(path)).rejects.toBeInstanceOf(UsageError);
  });
});
