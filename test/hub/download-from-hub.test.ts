import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { downloadFromHub } from '../../src/hub/download-from-hub.ts';
import { UserError } from '../../src/system/errors.ts';
import { createRandom } from '../../src/system/random.ts';
import { collectLog } from '../support/collect-log.ts';
import { hubAccess } from '../support/hub-access.ts';
import { closedPortUrl, type HubServerOptions, useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const REPO = 'owner/buildings';
const REVISION = '9d6cd89e55db7fbc129449387b3da7debcf7b6c4';
const ADVICE = { repo: 'the.repo', address: 'the.repo or the.revision', instead: 'do without' };
const RETRIES = { attempts: 3, firstDelayMs: 1, silenceMs: 10_000 };

/** Large enough to arrive in several pieces. */
const SIZE = 400_000;
const TRAIN = randomBytes('train');
const VALID = randomBytes('valid');
const FILES = { 'data/train.zip': TRAIN, 'data/valid.zip': VALID };

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const PART = `blobs/${sha256(TRAIN)}.aerial.incomplete`;
const SNAPSHOT = `snapshots/${REVISION}`;

function randomBytes(name: string): Buffer {
  const random = createRandom(name);
  return Buffer.from(Array.from({ length: SIZE }, () => random.int(256)));
}

/** A server with these faults, and a download from it into a folder of its own. */
async function setUp(options: Partial<HubServerOptions> = {}) {
  const server = await startHubServer({ repo: REPO, revision: REVISION, files: FILES, ...options });
  const cacheFolder = await tempFolder();
  const type = options.type ?? 'dataset';
  const folder = join(cacheFolder, `${type}s--owner--buildings`);
  const log = collectLog();
  const download = {
    repo: { type, name: REPO },
    revision: REVISION,
    paths: ['data/train.zip'],
    access: hubAccess(server.url, cacheFolder, options.token),
    advice: ADVICE,
  };
  const context = { log, retries: RETRIES };
  return { server, folder, log, download, context, run: () => downloadFromHub(download, context) };
}

/** All that is in the repository's folder: one content, and a link to it. */
async function expectWhole(folder: string): Promise<void> {
  expect((await readFile(join(folder, SNAPSHOT, 'data/train.zip'))).equals(TRAIN)).toBe(true);
  expect(await filesIn(folder)).toEqual([`blobs/${sha256(TRAIN)}`, `${SNAPSHOT}/data/train.zip`]);
  expect(await filesIn(join(folder, '..', '.locks'))).toEqual([]);
}

async function expectUserError(failure: Promise<unknown>, message: string | RegExp): Promise<void> {
  await expect(failure).rejects.toBeInstanceOf(UserError);
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.not.toThrow('\n');
}

describe('downloadFromHub', () => {
  it.each([true, false])('brings files and checks their hashes (LFS: %s)', async (lfs) => {
    const { server, folder, download, context } = await setUp({ lfs });
    const paths = ['data/valid.zip', 'data/train.zip'];
    const local = await downloadFromHub({ ...download, paths }, context);
    expect(local).toEqual(paths.map((path) => join(folder, SNAPSHOT, path)));
    expect((await readFile(local[0]!)).equals(VALID)).toBe(true);
    expect((await readFile(local[1]!)).equals(TRAIN)).toBe(true);
    const [api, ...rest] = server.requests;
    expect(api).toBe('api');
    expect(rest).toHaveLength(4);
    expect(rest.filter((request) => request === 'body bytes=0-')).toHaveLength(2);
  });

  it('brings files of a model too', async () => {
    const { folder, run } = await setUp({ type: 'model' });
    await run();
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
    const local = join(folder, SNAPSHOT, 'data/train.zip');
    expect(log.lines.at(-1)).toBe(`data/train.zip is in the cache, its hash is right (${local})`);
  });

  it('fetches only what is not there yet', async () => {
    const { server, download, context, run } = await setUp();
    await run();
    const before = server.requests.length;
    const all = { ...download, paths: Object.keys(FILES) };
    await downloadFromHub(all, context);
    expect(server.requests.slice(before)).toEqual(['api', 'probe', 'body bytes=0-']);
    await downloadFromHub(all, context);
    expect(server.requests).toHaveLength(before + 3);
  });

  it('takes a content of another commit that is there', async () => {
    const other = 'e'.repeat(40);
    const { server, download, context, run } = await setUp({ commits: { [other]: { 'moved.zip': TRAIN } } });
    await run();
    const before = server.requests.length;
    const [local] = await downloadFromHub({ ...download, revision: other, paths: ['moved.zip'] }, context);
    expect((await readFile(local!)).equals(TRAIN)).toBe(true);
    expect(server.requests.slice(before)).toEqual(['api']);
  });

  it('downloads a content once that has two names', async () => {
    const files = { 'a.zip': TRAIN, 'b.zip': TRAIN };
    const { server, download, context } = await setUp({ files });
    const paths = Object.keys(files);
    for (const path of await downloadFromHub({ ...download, paths }, context)) {
      expect((await readFile(path)).equals(TRAIN)).toBe(true);
    }
    expect(server.requests.filter((request) => request.startsWith('body'))).toEqual(['body bytes=0-']);
  });

  it('brings an empty file', async () => {
    const { download, context } = await setUp({ files: { 'empty.txt': Buffer.alloc(0) }, lfs: false });
    const [local] = await downloadFromHub({ ...download, paths: ['empty.txt'] }, context);
    expect(await readFile(local!, 'utf8')).toBe('');
  });

  it.each([
    ['a byte has changed', (content: Buffer) => Buffer.concat([content.subarray(0, -1), Buffer.of(0)])],
    ['half of it is missing', (content: Buffer) => content.subarray(0, SIZE / 2)],
    ['it is empty', () => Buffer.alloc(0)],
  ])('fetches a content again of which %s, and says so', async (_what, spoil) => {
    const { folder, log, run } = await setUp();
    await run();
    await writeFile(join(folder, 'blobs', sha256(TRAIN)), spoil(TRAIN));
    await run();
    await expectWhole(folder);
    expect(log.lines).toContain(
      `warning: ${join(folder, SNAPSHOT, 'data/train.zip')} is damaged, it is to be downloaded again`,
    );
  });

  it('asks the hub again for another revision', async () => {
    const { folder, download, run, context } = await setUp();
    await run();
    const other = { ...download, revision: 'f'.repeat(40) };
    await expectUserError(
      downloadFromHub(other, context),
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
    expect(await filesIn(folder)).toEqual([PART]);
    const before = server.requests.length;
    await run();
    await expectWhole(folder);
    expect(server.requests.slice(before)).toEqual([
      'api',
      'probe',
      expect.stringMatching(/^body bytes=[1-9]\d+-$/),
    ]);
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

  it('throws wrong bytes away', async () => {
    const { folder, run } = await setUp({ bodyFaults: ['wrong bytes'] });
    await expectUserError(
      run(),
      /^Download of data\/train\.zip is damaged: its sha256 is [0-9a-f]{64}, expected/,
    );
    expect(await filesIn(folder)).toEqual([]);
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
    const { download, context } = await setUp({ token: 'hf_secret' });
    const anonymous = { ...download, access: { ...download.access, accessToken: undefined } };
    await expectUserError(
      downloadFromHub(anonymous, context),
      'access denied, or no such repository (HTTP status 401)',
    );
  });

  it('names a file that the data set does not have', async () => {
    const { folder, download, context } = await setUp();
    await expectUserError(
      downloadFromHub({ ...download, paths: ['data/none.zip'] }, context),
      'Hub data set owner/buildings has no data/none.zip at 9d6cd89e: correct the.repo or the.revision',
    );
    expect(await filesIn(join(folder, '..'))).toEqual([]);
  });

  it('says which host it cannot reach, and what to do', async () => {
    const { folder, download, context } = await setUp();
    const hubUrl = await closedPortUrl();
    const unreachable = { ...download, access: { ...download.access, hubUrl } };
    await expectUserError(
      downloadFromHub(unreachable, context),
      `Cannot download data/train.zip of owner/buildings at 9d6cd89e from ${new URL(hubUrl).host}: the connection failed (ECONNREFUSED); check the network and try again later, set HF_ENDPOINT to a mirror, or do without`,
    );
    expect(await filesIn(join(folder, '..'))).toEqual([]);
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
