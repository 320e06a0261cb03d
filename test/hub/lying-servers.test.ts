import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { downloadFromHub } from '../../src/hub/download-from-hub.ts';
import { UserError } from '../../src/system/errors.ts';
import { createRandom } from '../../src/system/random.ts';
import { collectLog } from '../support/collect-log.ts';
import { hubAccess } from '../support/hub-access.ts';
import { type Fault, type HubServerOptions, useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const REPO = 'owner/buildings';
const COMMIT = 'd'.repeat(40);
const SIZE = 300_000;
const random = createRandom('lying servers');
const CONTENT = Buffer.from(Array.from({ length: SIZE }, () => random.int(256)));
const HASH = createHash('sha256').update(CONTENT).digest('hex');

async function setUp(options: Partial<HubServerOptions>) {
  const files = { 'train.zip': CONTENT };
  const server = await startHubServer({ repo: REPO, revision: COMMIT, files, ...options });
  const cacheFolder = await tempFolder();
  const folder = join(cacheFolder, 'datasets--owner--buildings');
  const log = collectLog();
  const run = (retries = { attempts: 3, firstDelayMs: 1, silenceMs: 10_000 }) =>
    downloadFromHub(
      {
        repo: { type: 'dataset', name: REPO },
        revision: COMMIT,
        paths: ['train.zip'],
        access: hubAccess(server.url, cacheFolder),
        advice: { repo: 'the.repo', address: 'the.repo', instead: 'do without' },
      },
      { log, retries },
    );
  const bodies = () => server.requests.filter((request) => request.startsWith('body'));
  const warnings = () => log.lines.filter((line) => line.startsWith('warning: '));
  const expectWhole = async () => {
    expect((await readFile(join(folder, 'snapshots', COMMIT, 'train.zip'))).equals(CONTENT)).toBe(true);
    expect(await filesIn(folder)).toEqual([`blobs/${HASH}`, `snapshots/${COMMIT}/train.zip`]);
  };
  return { folder, run, bodies, warnings, expectWhole };
}

async function expectUserError(failure: Promise<unknown>, message: string | RegExp): Promise<void> {
  await expect(failure).rejects.toBeInstanceOf(UserError);
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.not.toThrow('\n');
}

describe('a download', () => {
  it.each<[string, Fault]>([
    ['a length that is too long', { claimedLength: SIZE + 1000 }],
    ['a length that is too short', { claimedLength: 100_000 }],
  ])('is whole in spite of %s', async (_what, fault) => {
    const { run, expectWhole } = await setUp({ bodyFaults: [fault] });
    await run();
    await expectWhole();
  });

  it('goes on behind a length that is too short', async () => {
    const { run, bodies, expectWhole } = await setUp({ bodyFaults: [{ claimedLength: 100_000 }] });
    await run();
    await expectWhole();
    expect(bodies()).toEqual(['body bytes=0-', 'body bytes=100000-']);
  });

  it('takes no other piece than it asked for', async () => {
    const claimedRange = `bytes 5-${SIZE - 1}/${SIZE}`;
    const { run, bodies, warnings, expectWhole } = await setUp({
      bodyFaults: [{ cutAfter: 100_000 }, { claimedRange }],
    });
    await run();
    await expectWhole();
    expect(bodies()[2]).toBe('body bytes=0-');
    expect(warnings().at(-1)).toMatch(
      /^warning: Download: the server sends "bytes 5-299999\/300000" where bytes from \d+ on were asked for, it starts again; next try in/,
    );
  });

  it.each(['', 'bytes */300000', 'items 0-299999/300000'])('distrusts the range %j', async (claimedRange) => {
    const { run, expectWhole, warnings } = await setUp({ bodyFaults: [{ claimedRange }] });
    await run();
    await expectWhole();
    expect(warnings()).toHaveLength(1);
  });

  it('gives up on a server that always sends another piece', async () => {
    const fault = { claimedRange: `bytes 5-${SIZE - 1}/${SIZE}` };
    const { folder, run, bodies } = await setUp({ bodyFaults: [fault, fault, fault] });
    await expectUserError(run(), /the server sends "bytes 5-.* where bytes from 0 on were asked for/);
    expect(bodies()).toHaveLength(3);
    expect(await filesIn(folder)).toEqual([]);
  });

  it('ends at once where the file is of another size than announced', async () => {
    const { run, bodies } = await setUp({ bodyFaults: [{ claimedRange: 'bytes 0-9/10' }] });
    await expectUserError(
      run(),
      /train\.zip sends a file of 10 bytes, not of the 300000 that the hub announced; use another mirror \(HF_ENDPOINT\)$/,
    );
    expect(bodies()).toHaveLength(1);
  });

  it('starts again where the server has no such range', async () => {
    const { run, bodies, warnings, expectWhole } = await setUp({
      bodyFaults: [{ cutAfter: 100_000 }, { status: 416 }],
    });
    await run();
    await expectWhole();
    expect(bodies().at(-1)).toBe('body bytes=0-');
    expect(warnings().at(-1)).toMatch(/the server has no bytes from \d+ on, it starts again/);
  });

  it('does not wait for a server that falls silent', async () => {
    const { run, bodies, warnings, expectWhole } = await setUp({ bodyFaults: [{ silentAfter: 100_000 }] });
    await run({ attempts: 3, firstDelayMs: 1, silenceMs: 300 });
    await expectWhole();
    expect(bodies()[1]).toMatch(/^body bytes=[1-9]\d+-$/);
    expect(warnings()).toEqual(['warning: Download: nothing has come for 0.3 s; next try in 0.001 s']);
  });

  it('does not call a slow server silent', async () => {
    const { run, warnings, expectWhole } = await setUp({ pace: 4000 });
    const started = performance.now();
    await run({ attempts: 1, firstDelayMs: 1, silenceMs: 500 });
    await expectWhole();
    expect(warnings()).toEqual([]);
    // Else it would not have been slow.
    expect(performance.now() - started).toBeGreaterThan(500);
  });

  it('waits for as long as the server asks', async () => {
    const { run, warnings, expectWhole } = await setUp({
      apiFaults: [{ status: 429, headers: { 'Retry-After': '1' } }],
      bodyFaults: [{ status: 503, headers: { RateLimit: '"resolvers";r=0;t=1' } }],
    });
    const started = performance.now();
    await run();
    expect(performance.now() - started).toBeGreaterThanOrEqual(2000);
    await expectWhole();
    expect(warnings()).toEqual([
      'warning: Download: too many requests (HTTP status 429); next try in 1 s',
      'warning: Download: the server failed (HTTP status 503); next try in 1 s',
    ]);
  });
});
