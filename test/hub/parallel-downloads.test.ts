import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { downloadFromHub } from '../../src/hub/download-from-hub.ts';
import { inParallel } from '../../src/hub/in-parallel.ts';
import { collectLog } from '../support/collect-log.ts';
import { hubAccess } from '../support/hub-access.ts';
import { type HubServerOptions, useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const COMMIT = 'b'.repeat(40);
const SIZE = 200_000;
const NAMES = Array.from({ length: 9 }, (_, i) => `part-${i}.zip`);
const FILES = Object.fromEntries(NAMES.map((name) => [name, Buffer.alloc(SIZE, name)]));

async function setUp(options: Partial<HubServerOptions> = {}) {
  const server = await startHubServer({ repo: 'owner/many', revision: COMMIT, files: FILES, ...options });
  const cacheFolder = await tempFolder();
  const folder = join(cacheFolder, 'datasets--owner--many');
  const log = collectLog();
  const run = (signal?: AbortSignal) =>
    downloadFromHub(
      {
        repo: { type: 'dataset', name: 'owner/many' },
        revision: COMMIT,
        paths: NAMES,
        access: hubAccess(server.url, cacheFolder),
        advice: { repo: 'the.repo', address: 'the.repo', instead: 'do without' },
      },
      { log, signal, retries: { attempts: 3, firstDelayMs: 60_000, silenceMs: 10_000 } },
    );
  const bodies = () => server.requests.filter((request) => request.startsWith('body'));
  const expectAll = async (paths: readonly string[]) => {
    for (const [i, path] of paths.entries()) {
      expect((await readFile(path)).equals(FILES[NAMES[i]!]!)).toBe(true);
    }
  };
  return { server, folder, cacheFolder, log, run, bodies, expectAll };
}

/** Files of which something has come. */
async function begun(folder: string): Promise<number> {
  const names = await filesIn(folder).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.filter((size) => size > 0).length;
}

describe('downloadFromHub of many files', () => {
  it('brings four at a time, no more', async () => {
    const { server, run, bodies, expectAll } = await setUp({ pace: 20_000 });
    await expectAll(await run());
    expect(bodies()).toHaveLength(NAMES.length);
    expect(server.mostAtOnce()).toBe(4);
  });

  it('says how far all of them are', async () => {
    const { log, run } = await setUp();
    await run();
    expect(log.lines.at(-1)).toBe('9 files: 1.8 of 1.8 MB');
    expect(log.lines.length).toBeLessThanOrEqual(10);
  });

  it('ends the others when one cannot be had, and keeps what came of them', async () => {
    const bodyFaults: HubServerOptions['bodyFaults'] = ['none', 'none', 'none', { status: 403 }];
    const { folder, cacheFolder, run, bodies } = await setUp({ pace: 1000, bodyFaults });
    await expect(run()).rejects.toThrow(/^Cannot download part-\d\.zip .*access denied \(HTTP status 403\)/);
    expect(bodies()).toHaveLength(4);
    const left = await filesIn(folder);
    expect(left.length).toBeGreaterThan(0);
    for (const name of left) expect(name).toMatch(/^blobs\/[0-9a-f]{64}\.aerial\.incomplete$/);
    expect(await filesIn(join(cacheFolder, '.locks'))).toEqual([]);
  });

  it('ends when it is told to, and goes on from there the next time', async () => {
    const { server, folder, cacheFolder, run, bodies, expectAll } = await setUp({ pace: 2000 });
    const stopping = new AbortController();
    const reason = new Error('Stopped by SIGINT');
    const stopped = run(stopping.signal);
    while ((await begun(folder)) < 4) await sleep(5);
    stopping.abort(reason);
    await expect(stopped).rejects.toBe(reason);
    const left = await filesIn(folder);
    expect(left).toHaveLength(4);
    for (const name of left) expect(name).toMatch(/\.aerial\.incomplete$/);
    expect(await filesIn(join(cacheFolder, '.locks'))).toEqual([]);
    server.requests.length = 0;
    await expectAll(await run());
    expect(bodies().filter((body) => body === 'body bytes=0-')).toHaveLength(NAMES.length - 4);
  });

  it.each([
    ['before it begins', { status: 200 }, 0],
    ['while it waits for its next try', { status: 503 }, 100],
  ])('ends %s', async (_when, fault, delayMs) => {
    const { run } = await setUp({ apiFaults: [fault] });
    const reason = new Error('Stopped by SIGINT');
    const stopping = new AbortController();
    const stopped = run(stopping.signal);
    setTimeout(() => stopping.abort(reason), delayMs);
    if (delayMs === 0) stopping.abort(reason);
    await expect(stopped).rejects.toBe(reason);
  });

  it('ends while it reads what it has', async () => {
    const { run } = await setUp();
    await run();
    const reason = new Error('Stopped by SIGINT');
    await expect(run(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('inParallel', () => {
  const never = new AbortController().signal;

  it('does all, each once', async () => {
    const done: number[] = [];
    await inParallel([1, 2, 3, 4, 5], 2, never, async (item) => {
      await sleep(10 - item);
      done.push(item);
    });
    expect(done.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  });

  it('throws the first failure, after the others have ended', async () => {
    const ended: number[] = [];
    const failure = new Error('first');
    const work = async (item: number, signal: AbortSignal) => {
      if (item === 2) throw failure;
      await new Promise((go) => signal.addEventListener('abort', go));
      await sleep(20);
      ended.push(item);
      throw new Error('later');
    };
    await expect(inParallel([1, 2, 3, 4], 3, never, work)).rejects.toBe(failure);
    expect(ended).toEqual([1, 3]);
  });

  it('has nothing to do for no items', async () => {
    let calls = 0;
    await inParallel([], 4, never, async () => void calls++);
    expect(calls).toBe(0);
  });
});
