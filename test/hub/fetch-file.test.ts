import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchFile } from '../../src/hub/fetch-file.ts';
import { hubAccessFromEnvironment } from '../../src/hub/hub-access.ts';
import { UsageError, UserError } from '../../src/system/errors.ts';
import { collectLog } from '../support/collect-log.ts';
import { hubAccess } from '../support/hub-access.ts';
import { closedPortUrl, type HubServerOptions, useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const REPO = 'owner/resnet50.a1_in1k';
const FIRST = '1'.repeat(40);
const SECOND = '2'.repeat(40);
const KEY = 'train.transfer.weights';
const RETRIES = { attempts: 3, firstDelayMs: 1, silenceMs: 10_000 };

/** Large enough to arrive in several pieces. */
const WEIGHTS = Buffer.alloc(300_000, 'first weights');
const NEW_WEIGHTS = Buffer.alloc(300_000, 'second weights');

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** A hub with a model and two commits of it: `main`, a tag and a short hash stand for the first. */
async function setUp(options: Partial<HubServerOptions> = {}) {
  const branches: Record<string, string> = {
    main: FIRST,
    'v1.0': FIRST,
    '1111111': FIRST,
    'refs/pr/1': SECOND,
  };
  const server = await startHubServer({
    type: 'model',
    repo: REPO,
    revision: FIRST,
    files: { 'model.safetensors': WEIGHTS, 'deep/er/model.safetensors': NEW_WEIGHTS },
    commits: { [SECOND]: { 'model.safetensors': NEW_WEIGHTS } },
    branches,
    ...options,
  });
  const cacheFolder = await tempFolder();
  const folder = join(cacheFolder, 'models--owner--resnet50.a1_in1k');
  const log = collectLog();
  const access = hubAccess(server.url, cacheFolder, options.token);
  const fetchOptions = { key: KEY, access, log, retries: RETRIES };
  const goOffline = async () => {
    access.hubUrl = await closedPortUrl();
  };
  const fetchPlace = (place: string) => fetchFile(place, fetchOptions);
  const warnings = () => log.lines.filter((line) => line.startsWith('warning: '));
  return { server, branches, folder, log, access, fetchOptions, fetchPlace, goOffline, warnings };
}

async function expectUserError(failure: Promise<unknown>, message: string | RegExp): Promise<void> {
  await expect(failure).rejects.toBeInstanceOf(UserError);
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.not.toThrow('\n');
}

describe('fetchFile from the hub', () => {
  it.each([true, false])('brings model.safetensors of main if no more is said (LFS: %s)', async (lfs) => {
    const { folder, server, fetchPlace } = await setUp({ lfs });
    const path = join(folder, 'snapshots', FIRST, 'model.safetensors');
    expect(await fetchPlace(`hf://${REPO}`)).toEqual({
      path,
      source: `hf://${REPO}@${FIRST}/model.safetensors`,
      sha256: sha256(WEIGHTS),
    });
    expect((await readFile(path)).equals(WEIGHTS)).toBe(true);
    expect(server.requests).toEqual(['revision main', 'api', 'probe', 'body bytes=0-']);
  });

  it.each([
    ['@v1.0', FIRST, 'model.safetensors', WEIGHTS],
    ['@1111111', FIRST, 'model.safetensors', WEIGHTS],
    ['@refs/pr/1', SECOND, 'model.safetensors', NEW_WEIGHTS],
    ['/deep/er/model.safetensors', FIRST, 'deep/er/model.safetensors', NEW_WEIGHTS],
    [`@${SECOND}/model.safetensors`, SECOND, 'model.safetensors', NEW_WEIGHTS],
  ])('brings %s', async (rest, commit, file, content) => {
    const { folder, fetchPlace } = await setUp();
    const { path, source } = await fetchPlace(`hf://${REPO}${rest}`);
    expect(path).toBe(join(folder, 'snapshots', commit, file));
    expect(source).toBe(`hf://${REPO}@${commit}/${file}`);
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('names as its source what brings the same file without asking anything', async () => {
    const { server, goOffline, fetchPlace, warnings } = await setUp();
    const fetched = await fetchPlace(`hf://${REPO}`);
    const before = server.requests.length;
    await goOffline();
    expect(await fetchPlace(fetched.source)).toEqual(fetched);
    expect(server.requests).toHaveLength(before);
    expect(warnings()).toEqual([]);
  });

  it('asks no more than what main is now for a file that is there', async () => {
    const { server, fetchPlace } = await setUp();
    await fetchPlace(`hf://${REPO}`);
    const before = server.requests.length;
    await fetchPlace(`hf://${REPO}`);
    expect(server.requests.slice(before)).toEqual(['revision main']);
  });

  it('goes on where the connection was cut, with the next call too', async () => {
    const { server, fetchPlace } = await setUp({
      bodyFaults: [{ cutAfter: 100_000 }, { cutAfter: 0 }, { cutAfter: 0 }, { cutAfter: 0 }],
    });
    await expectUserError(
      fetchPlace(`hf://${REPO}`),
      /^Cannot download model\.safetensors of owner\/resnet50\.a1_in1k at 11111111 from 127.*, or set train\.transfer\.weights to the path of a file that you have$/,
    );
    expect((await fetchPlace(`hf://${REPO}`)).sha256).toBe(sha256(WEIGHTS));
    expect(server.requests.at(-1)).toMatch(/^body bytes=[1-9]\d+-$/);
  });

  it('throws wrong bytes away', async () => {
    const { folder, fetchPlace } = await setUp({ bodyFaults: ['wrong bytes'] });
    await expectUserError(
      fetchPlace(`hf://${REPO}`),
      /^Download of model\.safetensors is damaged: its sha256 is [0-9a-f]{64}, expected/,
    );
    expect(await filesIn(folder)).toEqual(['refs/main']);
  });

  it('brings a file anew that was changed on the disk', async () => {
    const { fetchPlace } = await setUp();
    const { path } = await fetchPlace(`hf://${REPO}`);
    await writeFile(path, Buffer.alloc(WEIGHTS.length));
    await fetchPlace(`hf://${REPO}`);
    expect((await readFile(path)).equals(WEIGHTS)).toBe(true);
  });

  it.each([429, 503])('tries again after HTTP status %i', async (status) => {
    const { fetchPlace, warnings } = await setUp({ apiFaults: [{ status }], bodyFaults: [{ status }] });
    await fetchPlace(`hf://${REPO}`);
    expect(warnings()).toHaveLength(2);
  });

  it.each([
    ['hf://nobody/nothing', 'access denied, or no such repository (HTTP status 401); correct train.transfer'],
    [`hf://${REPO}@experimental`, `of ${REPO} at experimental from 127.0.0.1`],
    [`hf://${REPO}@v2`, 'no such revision (HTTP status 404); correct train.transfer.weights'],
    [`hf://${REPO}@${'f'.repeat(40)}`, 'no such revision (HTTP status 404); correct train.transfer.weights'],
  ])('says that there is no %s', async (place, message) => {
    const { folder, server, fetchPlace } = await setUp();
    await expectUserError(fetchPlace(place), message);
    expect(server.requests).toHaveLength(1);
    expect(await filesIn(join(folder, '..'))).toEqual([]);
  });

  it('says that there is no such repository to those who show a token', async () => {
    const { fetchPlace } = await setUp({ token: 'hf_secret' });
    await expectUserError(
      fetchPlace('hf://nobody/nothing'),
      /^Cannot download model\.safetensors of nobody\/nothing at main from 127[\d.:]+: no such repository \(HTTP status 404\); correct train\.transfer\.weights, or set HF_TOKEN to a token that may read it$/,
    );
  });

  it('says that the model has no such file', async () => {
    const { fetchPlace } = await setUp();
    await expectUserError(
      fetchPlace(`hf://${REPO}/pytorch_model.bin`),
      `Hub model ${REPO} has no pytorch_model.bin at 11111111: correct train.transfer.weights`,
    );
  });

  it('shows its token to the hub and not to the store behind it', async () => {
    const { server, fetchOptions, fetchPlace } = await setUp({ token: 'hf_secret' });
    await fetchPlace(`hf://${REPO}`);
    expect(server.leakedTokens).toEqual([]);
    const anonymous = { ...fetchOptions, access: { ...fetchOptions.access, accessToken: undefined } };
    await expectUserError(fetchFile(`hf://${REPO}`, anonymous), 'access denied, or no such repository');
  });

  it('refuses what is no reference', async () => {
    const { fetchPlace } = await setUp();
    await expect(fetchPlace('hf://timm')).rejects.toBeInstanceOf(UsageError);
  });

  describe('with the environment', () => {
    afterEach(() => {
      vi.unstubAllEnvs();
    });

    it('asks the mirror of HF_ENDPOINT, with HF_TOKEN', async () => {
      const { server, folder, log } = await setUp({ token: 'hf_secret' });
      vi.stubEnv('HF_HUB_CACHE', join(folder, '..'));
      vi.stubEnv('HF_ENDPOINT', `${server.url}/`);
      vi.stubEnv('HF_TOKEN', 'hf_secret');
      expect(hubAccessFromEnvironment().hubUrl).toBe(server.url);
      const { sha256: hash } = await fetchFile(`hf://${REPO}`, { key: KEY, log });
      expect(hash).toBe(sha256(WEIGHTS));
    });
  });
});

describe('fetchFile without a way to the hub', () => {
  it('takes the commit of the last time and says so', async () => {
    const { access, goOffline, fetchPlace, warnings } = await setUp();
    const fetched = await fetchPlace(`hf://${REPO}`);
    await goOffline();
    expect(await fetchPlace(`hf://${REPO}`)).toEqual(fetched);
    expect(warnings()).toEqual([
      'warning: Download: the connection failed (ECONNREFUSED); next try in 0.001 s',
      `warning: Cannot ask ${new URL(access.hubUrl!).host} for main of ${REPO}: the connection failed (ECONNREFUSED); its commit of the last time is used, ${FIRST}`,
    ]);
  });

  it('takes several files of one commit', async () => {
    const { goOffline, fetchPlace } = await setUp();
    const places = [`hf://${REPO}`, `hf://${REPO}/deep/er/model.safetensors`];
    for (const place of places) await fetchPlace(place);
    await goOffline();
    const hashes = await Promise.all(places.map(async (place) => (await fetchPlace(place)).sha256));
    expect(hashes).toEqual([sha256(WEIGHTS), sha256(NEW_WEIGHTS)]);
  });

  it.each([
    [{ status: 503 }, 'the server failed (HTTP status 503)'],
    [{ status: 200, body: '<html>Please sign in</html>' }, 'its answer is not that of a hub'],
    [{ status: 200, body: '{}' }, 'its answer is not that of a hub'],
  ])('counts %j as none', async (fault, trouble) => {
    const { fetchPlace, warnings } = await setUp({ apiFaults: ['none', 'none', fault, fault] });
    const fetched = await fetchPlace(`hf://${REPO}`);
    expect(await fetchPlace(`hf://${REPO}`)).toEqual(fetched);
    expect(warnings().at(-1)).toContain(`: ${trouble}; its commit of the last time is used`);
  });

  it('does not take it when the hub denies access', async () => {
    const { fetchPlace } = await setUp({ apiFaults: ['none', 'none', { status: 403 }] });
    await fetchPlace(`hf://${REPO}`);
    await expectUserError(fetchPlace(`hf://${REPO}`), 'access denied (HTTP status 403)');
  });

  it('says that it needs the hub the first time', async () => {
    const { access, goOffline, folder, fetchPlace } = await setUp();
    await goOffline();
    await expectUserError(
      fetchPlace(`hf://${REPO}`),
      `Cannot download model.safetensors of ${REPO} at main from ${new URL(access.hubUrl!).host}: the connection failed (ECONNREFUSED); check the network and try again later, set HF_ENDPOINT to a mirror, or set train.transfer.weights to the path of a file that you have`,
    );
    expect(await filesIn(join(folder, '..'))).toEqual([]);
  });

  it.each(['', 'main', '../../somewhere'])('forgets a ref that reads %j', async (ref) => {
    const { folder, goOffline, fetchPlace } = await setUp();
    await fetchPlace(`hf://${REPO}`);
    await writeFile(join(folder, 'refs/main'), ref);
    await goOffline();
    await expectUserError(fetchPlace(`hf://${REPO}`), 'the connection failed');
  });
});

describe('fetchFile of a branch that moves', () => {
  it('takes the new commit, says so once, and keeps the old file', async () => {
    const { branches, fetchPlace, warnings } = await setUp();
    const old = await fetchPlace(`hf://${REPO}`);
    branches.main = SECOND;
    const moved = await fetchPlace(`hf://${REPO}`);
    await fetchPlace(`hf://${REPO}`);
    expect(moved).toMatchObject({
      source: `hf://${REPO}@${SECOND}/model.safetensors`,
      sha256: sha256(NEW_WEIGHTS),
    });
    expect(warnings()).toEqual([
      `warning: main of ${REPO} has moved from ${FIRST} to ${SECOND}, which is used; to keep the old one, write it as the revision in train.transfer.weights`,
    ]);
    expect((await readFile(old.path)).equals(WEIGHTS)).toBe(true);
  });

  it('remembers each branch by itself', async () => {
    const { branches, goOffline, fetchPlace } = await setUp();
    await fetchPlace(`hf://${REPO}@v1.0`);
    branches.main = SECOND;
    await fetchPlace(`hf://${REPO}`);
    await goOffline();
    expect((await fetchPlace(`hf://${REPO}@v1.0`)).sha256).toBe(sha256(WEIGHTS));
    expect((await fetchPlace(`hf://${REPO}`)).sha256).toBe(sha256(NEW_WEIGHTS));
  });
});

describe('fetchFile from the disk', () => {
  const options = { key: KEY, log: collectLog() };

  it('takes a file where it lies', async () => {
    const path = join(await tempFolder(), 'weights.safetensors');
    await writeFile(path, WEIGHTS);
    expect(await fetchFile(path, options)).toEqual({ path, source: path, sha256: sha256(WEIGHTS) });
  });

  it('names a file that is not there, and the key', async () => {
    const path = join(await tempFolder(), 'none.safetensors');
    await expectUserError(
      fetchFile(path, options),
      `Cannot read ${path}: no such file; correct train.transfer.weights`,
    );
    await writeFile(path, '');
    await expectUserError(
      fetchFile(`${path}/in/it`, options),
      'no such file; correct train.transfer.weights',
    );
  });

  it('says that ~ is not expanded', async () => {
    await expectUserError(
      fetchFile('~/none.safetensors', options),
      'Cannot read ~/none.safetensors: no such file (~ is not expanded here: write the whole path); correct',
    );
  });

  it('takes no folder', async () => {
    const path = join(await tempFolder(), 'model');
    await mkdir(path);
    await expectUserError(
      fetchFile(path, options),
      `Cannot read ${path}: it is no file; name the file itself in train.transfer.weights`,
    );
  });
});
