import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fetchFile } from '../../src/hub/fetch-file.ts';
import { withFileLock } from '../../src/hub/file-lock.ts';
import { collectLog } from '../support/collect-log.ts';
import { closedPortUrl, type HubServerOptions, useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const REPO = 'owner/resnet50.a1_in1k';
const COMMIT = '1'.repeat(40);
const PLACE = `hf://${REPO}`;

/** Large enough to be on its way for a while. */
const WEIGHTS = Buffer.alloc(20_000_000, 'first weights');
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
  const folder = join(await tempFolder(), 'weights');
  const commitFolder = join(folder, REPO, COMMIT);
  const target = join(commitFolder, 'model.safetensors');
  const log = collectLog();
  const access = { hubUrl: server.url, accessToken: undefined };
  const retries = { attempts: 3, firstDelayMs: 1 };
  const fetchPlace = (place = PLACE) => fetchFile(place, { key: 'weights', folder, access, log, retries });
  /** What is known of the file stays, so that those who come for it next do not meet before the download. */
  const loseFile = async () => {
    await fetchPlace();
    await rm(target);
    server.requests.length = 0;
  };
  const bodies = () => server.requests.filter((request) => request.startsWith('body'));
  const told = () => log.lines.filter((line) => line.startsWith(WAITING));
  const expectWhole = async () => {
    expect((await readFile(target)).equals(WEIGHTS)).toBe(true);
    expect(await filesIn(commitFolder)).toEqual(['hub-files.json', 'model.safetensors']);
  };
  return { server, folder, target, access, log, fetchPlace, loseFile, bodies, told, expectWhole };
}

const moduleUrl = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/** `fetchFile`, as soon as a word comes. */
const FETCHING = `
  import { fetchFile } from ${moduleUrl('hub/fetch-file.ts')};
  import { createLog } from ${moduleUrl('system/log.ts')};
  const [place, folder] = process.argv.slice(1);
  process.stdin.once('data', async () => {
    const { sha256 } = await fetchFile(place, { key: 'weights', folder, log: createLog() });
    process.stdout.write(sha256);
    process.stdin.destroy();
  });
  process.stdout.write('ready ');
`;

/** Takes the lock and is killed. */
const KILLED = `
  import { withFileLock } from ${moduleUrl('hub/file-lock.ts')};
  await withFileLock(process.argv[1], async () => process.kill(process.pid, 'SIGKILL'));
`;

const nodeArgs = (code: string, ...args: string[]) => ['--input-type=module', '--eval', code, ...args];

async function startFetching(hubUrl: string, folder: string) {
  const env = { ...process.env, HF_ENDPOINT: hubUrl, HF_TOKEN: '' };
  const child = spawn(process.execPath, nodeArgs(FETCHING, PLACE, folder), { env });
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
  it.each([2, 3])('downloads once for %i calls that know nothing yet', async (calls) => {
    const { fetchPlace, bodies, expectWhole } = await setUp();
    const fetched = await Promise.all(Array.from({ length: calls }, () => fetchPlace()));
    expect(fetched.map((file) => file.sha256)).toEqual(Array(calls).fill(sha256(WEIGHTS)));
    expect(bodies()).toEqual(['body bytes=0-']);
    await expectWhole();
  });

  it.each([2, 3])('downloads once for %i calls that meet at the file, and says so', async (calls) => {
    const { target, fetchPlace, loseFile, bodies, told, expectWhole } = await setUp();
    await loseFile();
    const fetched = await Promise.all(Array.from({ length: calls }, () => fetchPlace()));
    expect(fetched.map((file) => file.sha256)).toEqual(Array(calls).fill(sha256(WEIGHTS)));
    expect(bodies()).toEqual(['body bytes=0-']);
    expect(told()).toEqual(Array(calls - 1).fill(`${WAITING}${target}.lock)`));
    await expectWhole();
  });

  it.each([2, 3])('downloads once for %i processes', async (processes) => {
    const { server, folder, loseFile, bodies, expectWhole } = await setUp();
    await loseFile();
    const starting = Array.from({ length: processes }, () => startFetching(server.url, folder));
    const outputs = await Promise.all((await Promise.all(starting)).map((finish) => finish()));
    expect(outputs.map(({ out }) => out)).toEqual(Array(processes).fill(`ready ${sha256(WEIGHTS)}`));
    expect(bodies()).toEqual(['body bytes=0-']);
    await expectWhole();
  });

  it('waits for the process that has the lock, and takes the file that it brought', async () => {
    const { target, fetchPlace, loseFile, bodies, told } = await setUp();
    await loseFile();
    const waiting = await withFileLock(target, async () => {
      const call = fetchPlace();
      while (told().length === 0) await sleep(5);
      await writeFile(target, WEIGHTS);
      return { call };
    });
    expect((await waiting.call).sha256).toBe(sha256(WEIGHTS));
    expect(bodies()).toEqual([]);
  });

  it('leaves the download to the next when one cannot go on', async () => {
    const { fetchPlace, loseFile, bodies, expectWhole } = await setUp({
      bodyFaults: ['none', { status: 403 }],
    });
    await loseFile();
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
    const { target, log, fetchPlace, loseFile, bodies, expectWhole } = await setUp();
    await loseFile();
    spawnSync(process.execPath, nodeArgs(KILLED, target));
    expect(await readFile(`${target}.lock`, 'utf8')).toMatch(/^\d+\n/);
    await writeFile(`${target}.${sha256(WEIGHTS).slice(0, 12)}.part`, WEIGHTS.subarray(0, 100_000));
    await Promise.all([fetchPlace(), fetchPlace(), fetchPlace()]);
    expect(bodies()).toEqual(['body bytes=100000-']);
    await expectWhole();
    expect(log.lines.filter((line) => line.startsWith('warning: '))).toEqual([]);
  });

  it('tries again when its part is removed by somebody else', async () => {
    const { target, log, fetchPlace, loseFile, bodies, expectWhole } = await setUp();
    await loseFile();
    const part = `${target}.${sha256(WEIGHTS).slice(0, 12)}.part`;
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
    const { target, log, fetchPlace, loseFile, expectWhole } = await setUp({
      bodyFaults: ['none', 'wrong bytes'],
    });
    await loseFile();
    const call = fetchPlace();
    while (!existsSync(`${target}.lock`)) await sleep(1);
    await rm(`${target}.lock`);
    await call;
    expect(log.lines.filter((line) => line.startsWith('warning: '))).toEqual([
      'warning: Download: another process has taken the download over; next try in 0.001 s',
    ]);
    await expectWhole();
  });
});
