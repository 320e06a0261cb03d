import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aloneInFolder } from '../../src/commands/alone-in-folder.ts';
import { UserError } from '../../src/system/errors.ts';
import { collectLog } from '../support/collect-log.ts';
import { useMounts } from '../support/mounts.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const makeFolder = useTempFolders();
const mountTmpfs = useMounts();
const never = new AbortController().signal;

/** Work that is under way until it is told to end. */
function startWork() {
  let end = () => {};
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async () => {
    begin();
    await ended;
    return 'done';
  };
  return { work, begun, end };
}

it('lets one after the other in, and says so', async () => {
  const folder = join(await makeFolder(), 'runs/train');
  const log = collectLog();
  const first = startWork();
  const all = aloneInFolder(folder, { log, signal: never }, first.work);
  await first.begun;
  const order: string[] = [];
  const second = aloneInFolder(folder, { log, signal: never }, async () => void order.push('second'));
  await expect
    .poll(() => log.lines)
    .toEqual([`Waiting for another process (${process.pid}) that trains in ${folder}`]);
  order.push('first');
  first.end();
  expect(await all).toBe('done');
  await second;
  expect(order).toEqual(['first', 'second']);
  expect(await readdir(folder)).toEqual([]);
});

it('can be stopped while it waits', async () => {
  const folder = await makeFolder();
  const first = startWork();
  const all = aloneInFolder(folder, { log: collectLog(), signal: never }, first.work);
  await first.begun;
  const controller = new AbortController();
  const log = collectLog();
  const second = aloneInFolder(folder, { log, signal: controller.signal }, () => expect.fail('too soon'));
  await expect.poll(() => log.lines).toHaveLength(1);
  controller.abort(new Error('stopped'));
  await expect(second).rejects.toThrow('stopped');
  first.end();
  await all;
});

it('passes on what the work throws as it is', async () => {
  const failure = Object.assign(new Error('of the work'), { code: 'ENOSPC' });
  const work = aloneInFolder(await makeFolder(), { log: collectLog(), signal: never }, () =>
    Promise.reject(failure),
  );
  await expect(work).rejects.toBe(failure);
});

it('says in one line that the folder cannot be written, or the disk is full', async ({ skip }) => {
  const file = join(await makeFolder(), 'file');
  await writeFile(file, '');
  const work = () => expect.fail('too soon');
  const context = { log: collectLog(), signal: never };
  await expect(aloneInFolder(join(file, 'train'), context, work)).rejects.toBeInstanceOf(UserError);
  const disk = join(await makeFolder(), 'disk');
  await mountTmpfs(disk, 'size=64k', skip);
  await writeFile(join(disk, 'other'), Buffer.alloc(1e6)).catch(() => {});
  const full = aloneInFolder(disk, context, work);
  await expect(full).rejects.toBeInstanceOf(UserError);
  await expect(full).rejects.toThrow(/training\.lock: the disk is full/);
});
