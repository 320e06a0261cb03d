import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fetchFile } from '../../src/hub/fetch-file.ts';
import { withFileLock } from '../../src/system/file-lock.ts';
import { collectLog } from '../support/collect-log.ts';
import { hubAccess } from '../support/hub-access.ts';
import { closedPortUrl, type HubServerOptions, useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const REPO = 'owner/resnet50.a1_in1k';
const COMMIT = '1'.repeat(40);
const PLACE = `hf://${REPO}`;

/** Large enough to be on its way for a while. */
const WEIGHTS = Buffer.alloc(5_000_000, 'first weights');
const OTHER = Buffer.alloc(300_000, 'other weights');
const WAITING = 'model.safetensors: another process is downloading it, waiting (';

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

async function setUp(options: Partial<HubServerOptions> = {}) {
  const server = await startHubServer({
    type: 'model',
    repo: REPO,
    revision: COMMIT,
    files: { 'model.safetensors': WEIGHTS, 'other.safetensors': OTHER },
    branches: { main: COMMIT, next: COMMIT },
    ...options,
  });
  const cacheFolder = await tempFolder();
  const folder = join(cacheFolder, 'models--owner--resnet50.a1_in1k');
  const hash = sha256(WEIGHTS);
  const blob = join(folder, 'blobs', hash);
  const locked = join(cacheFolder, '.locks', 'models--owner--resnet50.a1_in1k', `${hash}.aerial`);
  const log = collectLog();
  const access = hubAccess(server.url, cacheFolder);
  const retries = { attempts: 3, firstDelayMs: 1, silenceMs: 10_000 };
  const fetchPlace = (place = PLACE) => fetchFile(place, { key: 'weights', access, log, retries });
  const bodies = () => server.requests.filter((request) => request.startsWith('body'));
  const told = () => log.lines.filter((line) => line.startsWith(WAITING));
  const expectWhole = async () => {
    expect((await readFile(join(folder, 'snapshots', COMMIT, 'model.safetensors'))).equals(WEIGHTS)).toBe(
      true,
    );
    expect(await filesIn(folder)).toEqual([
      `blobs/${hash}`,
      'refs/main',
      `snapshots/${COMMIT}/model.safetensors`,
    ]);
    expect(await filesIn(join(cacheFolder, '.locks'))).toEqual([]);
  };
  const part = `${blob}.aerial.incomplete`;
  return { server, cacheFolder, blob, part, locked, access, log, fetchPlace, bodies, told, expectWhole };
}

const moduleUrl = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/** `fetchFile`, as soon as a word comes. */
const FETCHING = `
  import { fetchFile } from ${moduleUrl('hub/fetch-file.ts')};
  import { createLog } from ${moduleUrl('system/log.ts')};
  process.stdin.once('data', async () => {
    const { sha256 } = await fetchFile(process.argv[1], { key: 'weights', log: createLog() });
    process.stdout.write(sha256);
    process.stdin.destroy();
  });
  process.stdout.write('ready ');
`;

/** Takes the lock and is killed. */
const KILLED = `
  import { withFileLock } from ${moduleUrl('system/file-lock.ts')};
  await withFileLock(process.argv[1], async () => process.kill(process.pid, 'SIGKILL'));
`;

const nodeArgs = (code: string, ...args: string[]) => ['--input-type=module', '--eval', code, ...args];

async function startFetching(hubUrl: string, cacheFolder: string) {
  const env = { ...process.env, HF_ENDPOINT: hubUrl, HF_TOKEN: '', HF_HUB_CACHE: cacheFolder };
  const child = spawn(process.execPath, nodeArgs(FETCHING, PLACE), { env });
  const output = collectOutput(child);
  await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  const finish = async () => {
    const end = once(child, 'close');
    child.stdin.end('go');
    await end;
    return output;
  };
  return finish;
}

function collectOutput(child: ChildProcess): { out: string; error: string } {
  const output = { out: '', error: '' };
  child.stdout!.on('data', (piece: Buffer) => {
    output.out += piece.toString();
  });
  child.stderr!.on('data', (piece: Buffer) => {
    output.error += piece.toString();
  });
  return output;
}

describe('fetchFile several times at once', () => {
  it.each([2, 3])('downloads once for %i calls, and says so', async (calls) => {
    const { locked, fetchPlace, bodies, told, expectWhole } = await setUp();
    const fetched = await Promise.all(Array.from({ length: calls }, () => fetchPlace()));
    expect(fetched.map((file) => file.sha256)).toEqual(Array(calls).fill(sha256(WEIGHTS)));
    expect(bodies()).toEqual(['body bytes=0-']);
    expect(told()).toEqual(Array(calls - 1).fill(`${WAITING}${locked}.lock)`));
    await expectWhole();
  });

  it.each([2, 3])('downloads once for %i processes', async (processes) => {
    const { server, cacheFolder, bodies, expectWhole } = await setUp();
    const starting = Array.from({ length: processes }, () => startFetching(server.url, cacheFolder));
    const outputs = await Promise.all((await Promise.all(starting)).map((finish) => finish()));
    expect(outputs.map(({ out }) => out)).toEqual(Array(processes).fill(`ready ${sha256(WEIGHTS)}`));
    expect(bodies()).toEqual(['body bytes=0-']);
    await expectWhole();
  });

  it('waits for the process that has the lock, and takes the file that it brought', async () => {
    const { blob, locked, fetchPlace, bodies, told } = await setUp();
    const waiting = await withFileLock(locked, async () => {
      const call = fetchPlace();
      while (told().length === 0) await sleep(5);
      await mkdir(join(blob, '..'), { recursive: true });
      await writeFile(blob, WEIGHTS);
      return { call };
    });
    expect((await waiting.call).sha256).toBe(sha256(WEIGHTS));
    expect(bodies()).toEqual([]);
  });

  it('leaves the download to the next when one cannot go on', async () => {
    const { fetchPlace, bodies, expectWhole } = await setUp({ bodyFaults: [{ status: 403 }] });
    const outcomes = await Promise.allSettled([fetchPlace(), fetchPlace()]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(bodies()).toHaveLength(2);
    await expectWhole();
  });

  it.each([
    ['branch', PLACE, `${PLACE}@next/other.safetensors`],
    ['file', `${PLACE}@${COMMIT}`, `${PLACE}@${COMMIT}/other.safetensors`],
  ])('remembers of each %s what it learned', async (_what, ...places) => {
    const { access, fetchPlace } = await setUp();
    const online = await Promise.all(places.map(fetchPlace));
    access.hubUrl = await closedPortUrl();
    expect(await Promise.all(places.map(fetchPlace))).toEqual(online);
  });

  it('goes on where a killed process left its lock and its part', async () => {
    const { locked, part, log, fetchPlace, bodies, expectWhole } = await setUp();
    spawnSync(process.execPath, nodeArgs(KILLED, locked));
    expect(await readFile(`${locked}.lock`, 'utf8')).toMatch(/^\d+\n/);
    await mkdir(join(part, '..'), { recursive: true });
    await writeFile(part, WEIGHTS.subarray(0, 100_000));
    await Promise.all([fetchPlace(), fetchPlace(), fetchPlace()]);
    expect(bodies()).toEqual(['body bytes=100000-']);
    await expectWhole();
    expect(log.lines.filter((line) => line.startsWith('warning: '))).toEqual([]);
  });

  it('tries again when its part is removed by somebody else', async () => {
    const { part, log, fetchPlace, bodies, expectWhole } = await setUp();
    const call = fetchPlace();
    while (!existsSync(part)) await sleep(1);
    await rm(part);
    await call;
    expect(bodies()).toEqual(['body bytes=0-', 'body bytes=0-']);
    expect(log.lines.filter((line) => line.startsWith('warning: '))).toEqual([
      `warning: Download: ${part} was removed while it was written; next try in 0.001 s`,
    ]);
    await expectWhole();
  });

  it('tries again when the lock was lost to another process', async () => {
    const { locked, log, fetchPlace, expectWhole } = await setUp({ bodyFaults: ['wrong bytes'] });
    const call = fetchPlace();
    while (!existsSync(`${locked}.lock`)) await sleep(1);
    await rm(`${locked}.lock`);
    await call;
    expect(log.lines.filter((line) => line.startsWith('warning: '))).toEqual([
      'warning: Download: another process has taken the download over; next try in 0.001 s',
    ]);
    await expectWhole();
  });
});
