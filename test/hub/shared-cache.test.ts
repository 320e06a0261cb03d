import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { downloadFromHub } from '../../src/hub/download-from-hub.ts';
import { fetchFile } from '../../src/hub/fetch-file.ts';
import { UserError } from '../../src/system/errors.ts';
import { collectLog } from '../support/collect-log.ts';
import { hubAccess } from '../support/hub-access.ts';
import { closedPortUrl, type HubServerOptions, useHubServers } from '../support/hub-server.ts';
import { useMounts } from '../support/mounts.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();
const mount = useMounts();

const REPO = 'owner/buildings';
const COMMIT = 'c'.repeat(40);
const RETRIES = { attempts: 2, firstDelayMs: 1, silenceMs: 10_000 };
const ADVICE = { repo: 'the.repo', address: 'the.repo or the.revision', instead: 'do without' };
const CONTENT = Buffer.alloc(100_000, 'images');
const FILES = { 'data/train.zip': CONTENT };

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const gitHash = (content: Buffer) =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

async function setUp(options: Partial<HubServerOptions> = {}) {
  const server = await startHubServer({ repo: REPO, revision: COMMIT, files: FILES, ...options });
  const cacheFolder = join(await tempFolder(), 'cache');
  const folder = join(cacheFolder, 'datasets--owner--buildings');
  const inPlace = join(folder, 'snapshots', COMMIT, 'data/train.zip');
  const log = collectLog();
  const access = hubAccess(server.url, cacheFolder);
  const run = async (paths = ['data/train.zip']) => {
    const repo = { type: 'dataset', name: REPO } as const;
    return downloadFromHub(
      { repo, revision: COMMIT, paths, access, advice: ADVICE },
      { log, retries: RETRIES },
    );
  };
  /** With a cache that is filled, and a hub that does not answer. */
  const goOffline = async () => {
    access.hubUrl = await closedPortUrl();
  };
  return { server, cacheFolder, folder, inPlace, log, access, run, goOffline };
}

async function expectUserError(failure: Promise<unknown>, message: string | RegExp): Promise<void> {
  await expect(failure).rejects.toBeInstanceOf(UserError);
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.not.toThrow('\n');
}

describe('the cache', () => {
  it.each([
    ['sha256', true, sha256(CONTENT)],
    ["git's hash", false, gitHash(CONTENT)],
  ])('holds a content under its %s, and a relative link to it', async (_what, lfs, hash) => {
    const { folder, inPlace, run } = await setUp({ lfs });
    expect(await run()).toEqual([inPlace]);
    expect(await readlink(inPlace)).toBe(`../../../blobs/${hash}`);
    expect((await readFile(join(folder, 'blobs', hash))).equals(CONTENT)).toBe(true);
  });

  it('works without network, and anywhere else on the disk', async () => {
    const { server, cacheFolder, access, run, goOffline } = await setUp();
    await run();
    await goOffline();
    access.cacheFolder = `${cacheFolder} of another user`;
    await rename(cacheFolder, access.cacheFolder);
    const before = server.requests.length;
    const [local] = await run();
    expect((await readFile(local!)).equals(CONTENT)).toBe(true);
    expect(server.requests).toHaveLength(before);
  });

  it('may be read-only once it is filled', async ({ skip }) => {
    const { cacheFolder, access, run, goOffline } = await setUp();
    await run();
    await goOffline();
    const readOnly = `${cacheFolder} mounted`;
    await mount(readOnly, 'rw', skip);
    await cp(cacheFolder, readOnly, { recursive: true, verbatimSymlinks: true });
    await execa('mount', ['-o', 'remount,ro', readOnly]);
    access.cacheFolder = readOnly;
    expect(await run()).toHaveLength(1);
  });

  it('tells in one line where it cannot be written', async () => {
    const { cacheFolder, run } = await setUp();
    await writeFile(cacheFolder, 'a file');
    await expectUserError(
      run(),
      /^Cannot use the Hugging Face cache at .*cache.*: a file is in the way: remove it, or set HF_HOME to another folder$/,
    );
  });

  it('tells in one line where it may not be read', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('the superuser may read everything');
    const { cacheFolder, inPlace, run } = await setUp();
    await run();
    await chmod(inPlace, 0o000);
    await expectUserError(run(), `Cannot use the Hugging Face cache at ${cacheFolder}`);
  });

  it.each(['a/../../../../x', '..%2F..%2Fx', 'a//b'])('keeps no ref outside: %s', async (revision) => {
    const { access, log } = await setUp({ type: 'model' });
    const place = `hf://${REPO}@${revision.replaceAll('/', '%2F')}`;
    await expect(fetchFile(place, { key: 'weights', access, log, retries: RETRIES })).rejects.toThrow(
      /must be|must look|must name/,
    );
  });

  it('takes no hash from the hub that would lead out of its folder', async () => {
    const body = JSON.stringify([{ type: 'file', path: 'data/train.zip', size: 3, oid: '../../../evil' }]);
    const { cacheFolder, run } = await setUp({ apiFaults: [{ status: 200, body }] });
    await expectUserError(run(), 'its answer is not that of a hub');
    await mkdir(cacheFolder, { recursive: true });
    expect(await filesIn(dirname(cacheFolder))).toEqual([]);
  });
});

describe('HF_HUB_OFFLINE', () => {
  it('asks nothing, not even for a branch', async () => {
    const branches = { main: COMMIT };
    const files = { 'model.safetensors': CONTENT };
    const { server, access, log } = await setUp({ type: 'model', branches, files });
    const options = { key: 'weights', access, log, retries: RETRIES };
    const online = await fetchFile(`hf://${REPO}`, options);
    access.offline = true;
    const before = server.requests.length;
    expect(await fetchFile(`hf://${REPO}`, options)).toEqual(online);
    expect(server.requests).toHaveLength(before);
    expect(log.lines.filter((line) => line.startsWith('warning'))).toEqual([]);
  });

  it('says what is missing, and what to do', async () => {
    const { server, access, run } = await setUp();
    access.offline = true;
    await expectUserError(
      run(['data/train.zip', 'data/valid.zip']),
      `Cannot download data/train.zip, data/valid.zip of owner/buildings at cccccccc: not in ${access.cacheFolder} as it should be, and HF_HUB_OFFLINE forbids to ask the hub; unset it, or do without`,
    );
    expect(server.requests).toEqual([]);
  });

  it('does not take what is damaged', async () => {
    const { folder, inPlace, access, log, run } = await setUp();
    await run();
    access.offline = true;
    await writeFile(join(folder, 'blobs', sha256(CONTENT)), 'spoilt');
    await expectUserError(run(), `not in ${access.cacheFolder} as it should be`);
    expect(log.lines.at(-1)).toBe(`warning: ${inPlace} is damaged, it is to be downloaded again`);
  });

  it('does not know a branch that was never asked for', async () => {
    const { access, log } = await setUp({ type: 'model' });
    access.offline = true;
    await expectUserError(
      fetchFile(`hf://${REPO}@next`, { key: 'weights', access, log, retries: RETRIES }),
      /^Cannot download model\.safetensors of owner\/buildings at next: its commit is not in .*models--owner--buildings, and HF_HUB_OFFLINE forbids/,
    );
  });
});

describe('without symbolic links', () => {
  it('lies a copy, which the blob proves right without network', async () => {
    const { folder, inPlace, access, run, goOffline, log } = await setUp();
    access.symlinks = false;
    await run();
    expect(await filesIn(folder)).toEqual([`blobs/${sha256(CONTENT)}`, `snapshots/${COMMIT}/data/train.zip`]);
    await expect(readlink(inPlace)).rejects.toThrow('EINVAL');
    await goOffline();
    await run();
    expect(log.lines.at(-1)).toContain('is in the cache, its hash is right');
  });

  it('is a copy found damaged, and made anew from the blob', async () => {
    const { server, inPlace, access, run } = await setUp();
    access.symlinks = false;
    await run();
    await writeFile(inPlace, 'spoilt');
    const before = server.requests.length;
    await run();
    expect((await readFile(inPlace)).equals(CONTENT)).toBe(true);
    expect(server.requests.slice(before)).toEqual(['api']);
  });

  /** As Python's library leaves it there: the blob was moved. */
  async function leaveMoved(content = CONTENT) {
    const made = await setUp();
    await mkdir(dirname(made.inPlace), { recursive: true });
    await writeFile(made.inPlace, content);
    return made;
  }

  it('asks the hub whether a moved blob is right, and downloads nothing then', async () => {
    const { server, folder, run } = await leaveMoved();
    await run();
    expect(server.requests).toEqual(['api']);
    expect(await filesIn(folder)).toEqual([`snapshots/${COMMIT}/data/train.zip`]);
  });

  it('brings a moved blob anew that is wrong', async () => {
    const { inPlace, run } = await leaveMoved(Buffer.from('spoilt'));
    await run();
    expect((await readFile(inPlace)).equals(CONTENT)).toBe(true);
  });

  it('takes a moved blob as it is where the hub cannot be asked, and says so', async () => {
    const { inPlace, access, log, run, goOffline } = await leaveMoved();
    access.offline = true;
    expect(await run()).toEqual([inPlace]);
    access.offline = false;
    await goOffline();
    expect(await run()).toEqual([inPlace]);
    const host = new URL(access.hubUrl!).host;
    expect(log.lines.at(-1)).toBe(
      `warning: data/train.zip of owner/buildings: used as found in ${access.cacheFolder}; only ${host}, which cannot be asked, could say whether it is right`,
    );
  });

  it('does not take it beside a file that is missing', async () => {
    const { access, run } = await leaveMoved();
    access.offline = true;
    await expectUserError(
      run(['data/train.zip', 'data/valid.zip']),
      'Cannot download data/valid.zip of owner/buildings',
    );
  });

  it('does not take it once the hub has said that it is wrong', async () => {
    const bodyFaults = [{ status: 503 }, { status: 503 }];
    const { server, inPlace, run } = await setUp({ bodyFaults });
    await mkdir(dirname(inPlace), { recursive: true });
    await writeFile(inPlace, 'spoilt');
    await expectUserError(run(), 'the server failed (HTTP status 503)');
    expect(server.requests[0]).toBe('api');
  });
});

it('forgets nothing when the folder of snapshots is removed', async () => {
  const { server, folder, run } = await setUp();
  await run();
  await rm(join(folder, 'snapshots'), { recursive: true });
  const before = server.requests.length;
  await run();
  expect(server.requests.slice(before)).toEqual(['api']);
});
