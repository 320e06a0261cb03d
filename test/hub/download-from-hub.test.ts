import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { downloadFromHub } from '../../src/hub/download-from-hub.ts';
import { UserError } from '../../src/system/errors.ts';
import { createRandom } from '../../src/system/random.ts';
import { collectLog } from '../support/collect-log.ts';
import { closedPortUrl, type HubServerOptions, useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const REPO = 'owner/buildings';
const REVISION = '9d6cd89e55db7fbc129449387b3da7debcf7b6c4';
const ADVICE = { repo: 'the.repo', address: 'the.repo or the.revision', instead: 'do without' };
const RETRIES = { attempts: 3, firstDelayMs: 1 };

/** Large enough to arrive in several pieces. */
const SIZE = 400_000;
const TRAIN = randomBytes('train');
const VALID = randomBytes('valid');
const FILES = { 'data/train.zip': TRAIN, 'data/valid.zip': VALID };

function randomBytes(name: string): Buffer {
  const random = createRandom(name);
  return Buffer.from(Array.from({ length: SIZE }, () => random.int(256)));
}

/** A server with these faults, and a download from it into a folder of its own. */
async function setUp(options: Partial<HubServerOptions> = {}) {
  const server = await startHubServer({ repo: REPO, revision: REVISION, files: FILES, ...options });
  const folder = await tempFolder();
  const log = collectLog();
  const download = {
    repo: { type: options.type ?? 'dataset', name: REPO } as const,
    revision: REVISION,
    paths: ['data/train.zip'],
    folder,
    access: { hubUrl: server.url, accessToken: options.token },
    advice: ADVICE,
  };
  return { server, folder, log, download, run: () => downloadFromHub(download, log, RETRIES) };
}

async function expectWhole(folder: string): Promise<void> {
  expect((await readFile(join(folder, 'data/train.zip'))).equals(TRAIN)).toBe(true);
  expect(await filesIn(folder)).toEqual(['data/train.zip', 'hub-files.json']);
}

async function expectUserError(failure: Promise<unknown>, message: string | RegExp): Promise<void> {
  await expect(failure).rejects.toBeInstanceOf(UserError);
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.not.toThrow('\n');
}

describe('downloadFromHub', () => {
  it.each([true, false])('brings files and checks their hashes (LFS: %s)', async (lfs) => {
    const { server, folder, log, download } = await setUp({ lfs });
    await downloadFromHub({ ...download, paths: Object.keys(FILES) }, log, RETRIES);
    expect((await readFile(join(folder, 'data/train.zip'))).equals(TRAIN)).toBe(true);
    expect((await readFile(join(folder, 'data/valid.zip'))).equals(VALID)).toBe(true);
    expect(server.requests).toEqual(['api', 'probe', 'body bytes=0-', 'probe', 'body bytes=0-']);
  });

  it('brings files of a model too', async () => {
    const { folder, run } = await setUp({ type: 'model' });
    expect(await run()).toMatchObject([{ path: 'data/train.zip', size: SIZE }]);
    await expectWhole(folder);
  });

  it('says how far it is, in MB of the total', async () => {
    const { log, run } = await setUp();
    await run();
    expect(log.lines.at(-1)).toBe('data/train.zip: 0.4 of 0.4 MB');
  });

  it('does not ask again for what is there and right', async () => {
    const { server, folder, log, run } = await setUp();
    await run();
    const before = server.requests.length;
    await run();
    expect(server.requests).toHaveLength(before);
    expect(log.lines.at(-1)).toBe(`${join(folder, 'data/train.zip')} is there already, its hash is right`);
  });

  it('asks only for files of which it knows nothing yet', async () => {
    const { server, log, download, run } = await setUp();
    await run();
    await downloadFromHub({ ...download, paths: ['data/valid.zip'] }, log, RETRIES);
    const before = server.requests.length;
    await downloadFromHub({ ...download, paths: Object.keys(FILES) }, log, RETRIES);
    expect(server.requests).toHaveLength(before);
  });

  it('fetches a file again that was changed', async () => {
    const { folder, run } = await setUp();
    await run();
    await writeFile(join(folder, 'data/train.zip'), Buffer.alloc(SIZE));
    await run();
    await expectWhole(folder);
  });

  it('asks the hub again for another revision', async () => {
    const { folder, download, run, log } = await setUp();
    await run();
    const other = { ...download, revision: 'f'.repeat(40) };
    await expectUserError(
      downloadFromHub(other, log, RETRIES),
      'no such revision (HTTP status 404); correct the.repo or the.revision',
    );
    await expectWhole(folder);
  });

  it('goes on where the connection was cut', async () => {
    const { server, folder, run } = await setUp({
      bodyFaults: [{ cutAfter: 100_000 }, { cutAfter: 50_000 }],
    });
    await run();
    await expectWhole(folder);
    const [first, second, third] = server.requests.filter((request) => request.startsWith('body'));
    expect(first).toBe('body bytes=0-');
    const starts = [second, third].map((request) => Number(/=(\d+)-/.exec(request!)![1]));
    expect(starts[0]).toBeGreaterThan(0);
    expect(starts[1]).toBeGreaterThan(starts[0]!);
  });

  it('does not give up while it gets further', async () => {
    const bodyFaults = Array.from({ length: 8 }, () => ({ cutAfter: 40_000 }));
    const { folder, run } = await setUp({ bodyFaults });
    await run();
    await expectWhole(folder);
  });

  it('leaves what it has for the next run when the connection keeps breaking', async () => {
    const { server, folder, run } = await setUp({
      bodyFaults: [{ cutAfter: 100_000 }, { cutAfter: 0 }, { cutAfter: 0 }, { cutAfter: 0 }],
    });
    await expectUserError(
      run(),
      /^Cannot download data\/train\.zip of owner\/buildings at 9d6cd89e from 127/,
    );
    expect(await readdir(join(folder, 'data'))).toEqual([
      expect.stringMatching(/^train\.zip\.[0-9a-f]{12}\.part$/),
    ]);
    const before = server.requests.length;
    await run();
    await expectWhole(folder);
    expect(server.requests.slice(before)).toEqual(['probe', expect.stringMatching(/^body bytes=[1-9]\d+-$/)]);
  });

  it.each([500, 502, 503, 429, 408])('tries again after HTTP status %i', async (status) => {
    const { folder, log, run } = await setUp({ apiFaults: [{ status }], bodyFaults: [{ status }] });
    await run();
    await expectWhole(folder);
    const warnings = log.lines.filter((line) => line.startsWith('warning'));
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toMatch(
      new RegExp(`^warning: Download: .+ \\(HTTP status ${status}\\); next try in 0.001 s$`),
    );
  });

  it('gives up after a few tries without progress', async () => {
    const bodyFaults = Array.from({ length: 5 }, () => ({ status: 503 }));
    const { server, run } = await setUp({ bodyFaults });
    await expectUserError(
      run(),
      'the server failed (HTTP status 503); check the network and try again later, set HF_ENDPOINT to a mirror',
    );
    expect(server.requests.filter((request) => request.startsWith('body'))).toHaveLength(RETRIES.attempts);
  });

  it('does not try again where that cannot help', async () => {
    const { server, run } = await setUp({ bodyFaults: [{ status: 403 }] });
    await expectUserError(run(), 'access denied (HTTP status 403); correct the.repo, or set HF_TOKEN');
    expect(server.requests.filter((request) => request.startsWith('body'))).toHaveLength(1);
  });

  it('throws wrong bytes away, and keeps the file of before', async () => {
    const { folder, run } = await setUp({ bodyFaults: ['wrong bytes'] });
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data/train.zip'), 'of another revision');
    await expectUserError(
      run(),
      /^Download of data\/train\.zip is damaged: its sha256 is [0-9a-f]{64}, expected/,
    );
    expect(await filesIn(folder)).toEqual(['data/train.zip', 'hub-files.json']);
    expect(await readFile(join(folder, 'data/train.zip'), 'utf8')).toBe('of another revision');
  });

  it('throws away what is longer than announced', async () => {
    const { folder, run } = await setUp({ bodyFaults: ['too many bytes'] });
    await expectUserError(run(), 'sends more than the 400000 bytes that the hub announced');
    await run();
    await expectWhole(folder);
  });

  it('starts again when a piece of before turns out to be wrong', async () => {
    const { folder, run } = await setUp({ bodyFaults: [{ cutAfter: 100_000 }, 'wrong bytes'] });
    await run();
    await expectWhole(folder);
  });

  it('copes with a server that does not know ranges', async () => {
    const { folder, run } = await setUp({ bodyFaults: [{ cutAfter: 100_000 }, 'ignore range'] });
    await run();
    await expectWhole(folder);
  });

  it('shows its token to the hub and not to the store behind it', async () => {
    const { server, folder, run } = await setUp({ token: 'hf_secret' });
    await run();
    await expectWhole(folder);
    expect(server.leakedTokens).toEqual([]);
  });

  it.each([
    [
      401,
      undefined,
      'access denied, or no such repository (HTTP status 401); correct the.repo, or set HF_TOKEN',
    ],
    [
      401,
      'GatedRepo',
      'the repository is gated (HTTP status 401); accept its terms on its page and set HF_TOKEN',
    ],
    [
      403,
      'GatedRepo',
      'the repository is gated (HTTP status 403); accept its terms on its page and set HF_TOKEN',
    ],
    [404, 'RepoNotFound', 'no such repository (HTTP status 404); correct the.repo, or set HF_TOKEN'],
    [404, 'EntryNotFound', 'no such file (HTTP status 404); correct the.repo or the.revision'],
    [404, undefined, 'not found (HTTP status 404); correct the.repo or the.revision'],
    [400, undefined, 'the server refuses (HTTP status 400); check the network'],
  ])('explains status %i with the word %s', async (status, code, message) => {
    const { run } = await setUp({ bodyFaults: [{ status, ...(code ? { code } : {}) }] });
    await expectUserError(run(), message);
  });

  it('asks for a token where access is denied', async () => {
    const { download, log } = await setUp({ token: 'hf_secret' });
    const anonymous = { ...download, access: { ...download.access, accessToken: undefined } };
    await expectUserError(
      downloadFromHub(anonymous, log, RETRIES),
      'access denied, or no such repository (HTTP status 401)',
    );
  });

  it('names a file that the data set does not have', async () => {
    const { folder, download, log } = await setUp();
    await expectUserError(
      downloadFromHub({ ...download, paths: ['data/none.zip'] }, log, RETRIES),
      'Hub data set owner/buildings has no data/none.zip at 9d6cd89e: correct the.repo or the.revision',
    );
    expect(await filesIn(folder)).toEqual([]);
  });

  it('says which host it cannot reach, and what to do', async () => {
    const { folder, download, log } = await setUp();
    const hubUrl = await closedPortUrl();
    const offline = { ...download, access: { hubUrl, accessToken: undefined } };
    await expectUserError(
      downloadFromHub(offline, log, RETRIES),
      `Cannot download data/train.zip of owner/buildings at 9d6cd89e from ${new URL(hubUrl).host}: the connection failed (ECONNREFUSED); check the network and try again later, set HF_ENDPOINT to a mirror, or do without`,
    );
    expect(await filesIn(folder)).toEqual([]);
  });

  it.each(['<html>Please sign in</html>', '{"error": "Please sign in"}'])(
    'says that %s is not the answer of a hub',
    async (body) => {
      const { run } = await setUp({ apiFaults: [{ status: 200, body }] });
      await expectUserError(
        run(),
        'its answer is not that of a hub; correct HF_ENDPOINT, or sign in to the network',
      );
    },
  );
});
