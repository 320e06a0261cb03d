import { mkdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../../src/model/safetensors.ts';
import { UserError } from '../../../src/system/errors.ts';
import { explainDiskError, writeFileAtomic } from '../../../src/system/files.ts';
import { readCheckpoint } from '../../../src/train/checkpoint/checkpoint-file.ts';
import { prepareFolder } from '../../../src/train/checkpoint/prepare-folder.ts';
import { runName } from '../../../src/train/checkpoint/run-fingerprint.ts';
import { type BestModel, initialState, type RunState } from '../../../src/train/checkpoint/run-state.ts';
import { createStore } from '../../../src/train/checkpoint/store.ts';
import { collectLog } from '../../support/collect-log.ts';
import { useMounts } from '../../support/mounts.ts';
import { filesIn, useTempFolders } from '../../support/temp-folder.ts';

const makeFolder = useTempFolders();
const mountTmpfs = useMounts();

const fingerprintOf = (seed: number) => ({ params: { seed }, data: 'data', code: 'code' });

/** A state after so many steps. */
function stateAt(steps: number, more: Partial<RunState> = {}): RunState {
  return {
    ...initialState({ phase: 'train', pretrained: null, batchSize: 2, trackingId: null }),
    steps,
    updates: steps,
    ...more,
  };
}

const bestAt = (step: number) => ({ best: { step, epoch: 1 } as BestModel });

/** Tensors that tell of what step they are. */
const tensorsOf =
  (step: number, count = 4) =>
  async () =>
    new Map<string, HostTensor>([['a', { shape: [count], values: new Float32Array(count).fill(step) }]]);

function storeIn(root: string, { seed = 1, keep = 2 } = {}) {
  const log = collectLog();
  const fingerprint = fingerprintOf(seed);
  const folder = join(root, runName(fingerprint));
  return { log, ...createStore({ folder, fingerprint, keep, resume: null, log }) };
}

const names = async (folder: string) => (await filesIn(folder)).map((file) => basename(file));
const step = (number: number) => `step-${`${number}`.padStart(8, '0')}.safetensors`;
const best = (number: number) => `best-${`${number}`.padStart(8, '0')}.safetensors`;

it('keeps the newest, and of the best models those that they know', async () => {
  const store = storeIn(await makeFolder());
  for (const at of [1, 2, 3]) {
    await store.saveBest(stateAt(at), (path) => writeFileAtomic(path, `${at}`));
    await store.save(stateAt(at, bestAt(Math.min(2, at))), tensorsOf(at));
  }
  expect(await names(store.folder)).toEqual([best(2), step(2), step(3)]);
  await store.save(stateAt(4, bestAt(3)), tensorsOf(4));
  expect(await names(store.folder)).toEqual([best(2), step(3), step(4)]);
  const newest = await store.readNewest();
  expect(newest.state.steps).toBe(4);
  expect(newest.tensors.get('a')!.values[0]).toBe(4);
});

it('gives the hash of the best model', async () => {
  const store = storeIn(await makeFolder());
  await mkdir(store.folder, { recursive: true });
  // printf abc | sha256sum
  expect(await store.saveBest(stateAt(1), (path) => writeFileAtomic(path, 'abc'))).toMatch(
    /^ba7816bf8f01cfea/,
  );
});

it('writes nothing where nothing has changed but the time', async () => {
  const store = storeIn(await makeFolder());
  await store.save(stateAt(1), tensorsOf(1));
  const { mtimeMs } = await stat(join(store.folder, step(1)));
  await store.save(stateAt(1, { seconds: 99 }), () => expect.fail('not needed'));
  expect((await stat(join(store.folder, step(1)))).mtimeMs).toBe(mtimeMs);
  await store.save(stateAt(1, { epoch: 2 }), tensorsOf(5));
  expect((await store.readNewest()).state.epoch).toBe(2);
});

it('remembers the state as it was when it was written', async () => {
  const store = storeIn(await makeFolder());
  const state = stateAt(1);
  await store.save(state, tensorsOf(1));
  state.history.push({ epoch: 1 });
  expect(store.newest()!.state.history).toEqual([]);
});

it('removes finished runs when another has its first model, and never unfinished ones', async () => {
  const root = await makeFolder();
  const [finished, unfinished, own] = [1, 2, 3].map((seed) => storeIn(root, { seed }));
  await unfinished!.save(stateAt(9), tensorsOf(9));
  await finished!.save(stateAt(9, { finished: true }), tensorsOf(9));
  expect(await names(finished!.folder)).toEqual([step(9)]);
  await own!.save(stateAt(0), tensorsOf(0));
  expect(await names(finished!.folder)).toEqual([step(9)]);
  await own!.save(stateAt(1, bestAt(1)), tensorsOf(1));
  await expect(stat(finished!.folder)).rejects.toThrow(/ENOENT/);
  expect(await names(unfinished!.folder)).toEqual([step(9)]);
});

it('has nothing to go back to before the first', async () => {
  await expect(storeIn(await makeFolder()).readNewest()).rejects.toThrow(
    /There is no checkpoint in .* to go back to/,
  );
});

describe('on a full disk', () => {
  const large = (at: number) => tensorsOf(at, 25_000);
  const fill = (root: string) => writeFile(join(root, 'other'), Buffer.alloc(1e6)).catch(() => {});
  const inSmallDisk = async (skip: (why: string) => never, keep: number) => {
    const root = join(await makeFolder(), 'disk');
    await mountTmpfs(root, 'size=300k', skip);
    return { root, store: storeIn(root, { keep }) };
  };

  it('lets an older checkpoint make way for the new one', async ({ skip }) => {
    const { root, store } = await inSmallDisk(skip, 2);
    for (const at of [1, 2]) await store.save(stateAt(at), large(at));
    await fill(root);
    await store.save(stateAt(3), large(3));
    expect(await names(store.folder)).toEqual([step(2), step(3)]);
    await store.saveBest(stateAt(4), (path) => writeFileAtomic(path, Buffer.alloc(90_000)));
    expect(await names(store.folder)).toEqual([best(4), step(3)]);
    expect(store.log.lines).toEqual([]);
  });

  it('keeps the last one, says so, and goes on when there is room; the third time in a row is an error', async ({
    skip,
  }) => {
    const { root, store } = await inSmallDisk(skip, 1);
    await store.save(stateAt(1), large(1));
    await fill(root);
    for (const at of [2, 3]) await store.save(stateAt(at), large(at));
    const line =
      /^warning: Cannot write .*step-0000000[23].safetensors: the disk is full: free some space and run the command again; the newest checkpoint is still that of step 1$/;
    expect(store.log.lines).toEqual([expect.stringMatching(line), expect.stringMatching(line)]);
    await rm(join(root, 'other'));
    await store.save(stateAt(4), large(4));
    expect(await names(store.folder)).toEqual([step(4)]);
    await fill(root);
    for (const at of [5, 6]) await store.save(stateAt(at), large(at));
    const third = store.save(stateAt(7), large(7));
    await expect(third).rejects.toBeInstanceOf(UserError);
    await expect(third).rejects.toThrow(/the disk is full/);
    expect(await names(store.folder)).toEqual([step(4)]);
    expect((await store.readNewest()).tensors.get('a')!.values[0]).toBe(4);
  });
});

/** Fails as the disk does. */
const failing = (code: string) => async () => {
  throw explainDiskError(Object.assign(new Error(code), { code }), 'best.safetensors');
};

it.each([
  ['ENOSPC', [step(3)]],
  ['EDQUOT', [step(3)]],
  ['EACCES', [step(1), step(2), step(3)]],
  ['EROFS', [step(1), step(2), step(3)]],
  ['EIO', [step(1), step(2), step(3)]],
])('removes older ones only where that makes room: %s', async (code, left) => {
  const store = storeIn(await makeFolder(), { keep: 3 });
  for (const at of [1, 2, 3]) await store.save(stateAt(at), tensorsOf(at));
  await expect(store.saveBest(stateAt(4), failing(code))).rejects.toThrow(/^Cannot write best.safetensors/);
  expect(await names(store.folder)).toEqual(left);
});

it('fails where the checkpoint that ends the run cannot be written, and only says so before', async () => {
  const store = storeIn(await makeFolder());
  await store.save(stateAt(1), tensorsOf(1));
  await rm(store.folder, { recursive: true });
  await writeFile(store.folder, 'in the way');
  await store.save(stateAt(2), tensorsOf(2));
  expect(store.log.lines).toEqual([expect.stringMatching(/the newest checkpoint is still that of step 1$/)]);
  await expect(store.save(stateAt(3, { finished: true }), tensorsOf(3))).rejects.toThrow(
    /Cannot make the folder/,
  );
});

it('writes nothing where another process has taken the folder over', async () => {
  const root = await makeFolder();
  let alone = true;
  const assertAlone = async () => {
    if (!alone) throw new UserError('taken over');
  };
  const fingerprint = fingerprintOf(1);
  const folder = join(root, runName(fingerprint));
  const store = createStore({ folder, fingerprint, keep: 2, resume: null, log: collectLog(), assertAlone });
  await store.save(stateAt(1), tensorsOf(1));
  alone = false;
  await expect(store.save(stateAt(2), tensorsOf(2))).rejects.toThrow('taken over');
  await expect(store.saveBest(stateAt(2), () => expect.fail('written'))).rejects.toThrow('taken over');
  expect(await names(folder)).toEqual([step(1)]);
});

it('is an error at once where not even the first can be written', async () => {
  const file = join(await makeFolder(), 'file');
  await writeFile(file, '');
  const store = storeIn(file);
  await expect(store.save(stateAt(0), tensorsOf(0))).rejects.toThrow(/Cannot make the folder/);
});

it('passes on what is no fault of the disk', async () => {
  const store = storeIn(await makeFolder());
  await store.save(stateAt(0), tensorsOf(0));
  await expect(store.save(stateAt(1), () => Promise.reject(new Error('TensorFlow')))).rejects.toThrow(
    'TensorFlow',
  );
});

it('prepares its place: left-overs of a killed write go, an earlier start is set aside and said', async () => {
  const root = await makeFolder();
  const before = storeIn(root);
  await before.save(stateAt(5, bestAt(5)), tensorsOf(5));
  await writeFile(join(before.folder, best(5)), 'best');
  await writeFile(join(before.folder, `${step(6)}.0a1b2c3d.part`), 'torn');
  const log = collectLog();
  await prepareFolder(before.folder, null, log);
  expect(await filesIn(root)).toEqual([
    `${basename(before.folder)}-1/${best(5)}`,
    `${basename(before.folder)}-1/${step(5)}`,
  ]);
  expect(log.lines).toEqual([
    `The checkpoints of an earlier start of this run were set aside: ${before.folder}-1`,
  ]);
  await before.save(stateAt(6), tensorsOf(6));
  await prepareFolder(before.folder, null, log);
  expect(await names(`${before.folder}-2`)).toEqual([step(6)]);
});

it('says where a finished run is until the new one has a model', async () => {
  const root = await makeFolder();
  const before = storeIn(root);
  await before.save(stateAt(5, { finished: true }), tensorsOf(5));
  const log = collectLog();
  await prepareFolder(before.folder, null, log);
  expect(log.lines).toEqual([
    `The checkpoints of the finished run are in ${before.folder}-finished until this one has its first model`,
  ]);
  expect(await names(`${before.folder}-finished`)).toEqual([step(5)]);
  const store = storeIn(root);
  await store.save(stateAt(0), tensorsOf(0));
  expect(await names(`${before.folder}-finished`)).toEqual([step(5)]);
  await store.save(stateAt(1, bestAt(1)), tensorsOf(1));
  expect(await names(root)).toEqual([step(0), step(1)]);
});

it('leaves its own past, and sets aside what lies after the checkpoint that is gone on from', async () => {
  const root = await makeFolder();
  const store = storeIn(root, { keep: 9 });
  for (const at of [1, 2, 3]) {
    await store.saveBest(stateAt(at), (path) => writeFileAtomic(path, `${at}`));
    await store.save(stateAt(at, bestAt(at)), tensorsOf(at));
  }
  await truncate(join(store.folder, step(3)), 50);
  const log = collectLog();
  await prepareFolder(store.folder, await readCheckpoint(join(store.folder, step(1))), log);
  expect(await names(store.folder)).toEqual([best(1), best(2), best(3), step(1)]);
  expect(await names(`${store.folder}-1`)).toEqual([best(2), step(2), step(3)]);
  expect(log.lines).toEqual([`Checkpoints after step 1 were set aside: ${store.folder}-1`]);
  await prepareFolder(store.folder, await readCheckpoint(join(store.folder, step(1))), collectLog());
  expect(await names(store.folder)).toContain(step(1));
});

it('knows its own folder by whatever link it is named', async () => {
  const root = await makeFolder();
  const store = storeIn(join(root, 'real'), { keep: 9 });
  for (const at of [1, 2]) await store.save(stateAt(at, { finished: at === 2 }), tensorsOf(at));
  await symlink(join(root, 'real'), join(root, 'link'));
  const linked = join(root, 'link', basename(store.folder), step(1));
  await prepareFolder(store.folder, await readCheckpoint(linked), collectLog());
  expect(await names(store.folder)).toEqual([step(1)]);
  expect(await names(`${store.folder}-1`)).toEqual([step(2)]);
});

it('writes what it goes on from into its own folder', async () => {
  const root = await makeFolder();
  const other = storeIn(root, { seed: 8 });
  await other.save(stateAt(4), tensorsOf(4));
  const fingerprint = fingerprintOf(9);
  const folder = join(root, runName(fingerprint));
  const options = { folder, fingerprint, keep: 2, log: collectLog() };
  const store = createStore({ ...options, resume: other.newest() });
  await store.save(stateAt(4), tensorsOf(4));
  expect(await names(folder)).toEqual([step(4)]);
  await store.save(stateAt(4), () => expect.fail('not needed'));
});

it('keeps what was set aside of a finished run, of which the user was told', async () => {
  const root = await makeFolder();
  const store = storeIn(root, { keep: 9 });
  await store.save(stateAt(1), tensorsOf(1));
  await store.save(stateAt(2, { finished: true }), tensorsOf(2));
  await prepareFolder(store.folder, await readCheckpoint(join(store.folder, step(1))), collectLog());
  await storeIn(root).save(stateAt(3, bestAt(3)), tensorsOf(3));
  expect(await names(`${store.folder}-1`)).toEqual([step(2)]);
});

it('brings the best model along from another run’s folder', async () => {
  const root = await makeFolder();
  const other = storeIn(root, { seed: 8 });
  await other.saveBest(stateAt(3), (path) => writeFileAtomic(path, 'best'));
  await other.save(stateAt(4, bestAt(3)), tensorsOf(4));
  const own = storeIn(root, { seed: 9 }).folder;
  await prepareFolder(own, other.newest(), collectLog());
  expect(await readFile(join(own, best(3)), 'utf8')).toBe('best');
  expect(await names(other.folder)).toEqual([best(3), step(4)]);
});
