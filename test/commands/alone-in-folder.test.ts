import { readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
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

it('says of a process that it cannot look at how long it waits, and what else lets it begin', async () => {
  const folder = await makeFolder();
  const lock = join(folder, 'training.lock');
  await writeFile(lock, '1\nanother machine\nid\n1');
  const log = collectLog();
  const done = aloneInFolder(folder, { log, signal: never }, async () => 'done');
  await expect
    .poll(() => log.lines)
    .toEqual([
      `Waiting for another process that trains in ${folder}, in another container or on another machine; where it was ` +
        `killed, training begins after 2 minutes without a sign of it, or when ${lock} is removed`,
    ]);
  await rm(lock);
  expect(await done).toBe('done');
});

describe('assertAlone', () => {
  /** What it fails with, after the lock of a work under way was tampered with; null = it does not. */
  async function failureAfter(tamper: (lock: string, folder: string) => Promise<unknown>) {
    const folder = await makeFolder();
    const lock = join(folder, 'training.lock');
    const failure = await aloneInFolder(folder, { log: collectLog(), signal: never }, async (assertAlone) => {
      await tamper(lock, folder);
      return assertAlone().then(
        () => null,
        (error: unknown) => error,
      );
    });
    return { failure, folder, lock };
  }

  it('lets the one go on that is alone', async () => {
    expect((await failureAfter(async () => {})).failure).toBeNull();
  });

  it('fails where another process has taken the folder over, and leaves it to that one', async () => {
    const second = startWork();
    let all: Promise<string> | undefined;
    const { failure, folder, lock } = await failureAfter(async (path, place) => {
      await rm(path);
      all = aloneInFolder(place, { log: collectLog(), signal: never }, second.work);
      await second.begun;
    });
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as UserError).message).toBe(
      `Another process trains in ${folder} by now, for this one stood still for long or lost its lock: nothing is written any more; ` +
        'let that one end, or train with another paths.runs',
    );
    expect(await readdir(folder)).toEqual([basename(lock)]);
    second.end();
    expect(await all).toBe('done');
  });

  it('says so where the lock was removed, and nobody else is there', async () => {
    const { failure, lock } = await failureAfter((path) => rm(path));
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as UserError).message).toBe(
      `${lock} is gone, removed by hand or by another process that trained meanwhile: nothing is written any more; ` +
        'where none has, aerial train goes on from the last checkpoint',
    );
  });
});
