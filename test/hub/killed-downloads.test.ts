import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createRandom } from '../../src/system/random.ts';
import { useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const COMMIT = 'a'.repeat(40);
const SIZE = 3_000_000;
const random = createRandom('killed downloads');
const content = () => Buffer.from(Array.from({ length: SIZE }, () => random.int(256)));
const FILES = { 'train.zip': content(), 'valid.zip': content() };

const moduleUrl = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

const DOWNLOADING = `
  import { downloadFromHub } from ${moduleUrl('hub/download-from-hub.ts')};
  import { hubAccessFromEnvironment } from ${moduleUrl('hub/hub-access.ts')};
  import { createLog } from ${moduleUrl('system/log.ts')};
  const paths = await downloadFromHub({
    repo: { type: 'dataset', name: 'owner/slow' },
    revision: '${COMMIT}',
    paths: ['train.zip', 'valid.zip'],
    access: hubAccessFromEnvironment(),
    advice: { repo: 'repo', address: 'repo', instead: 'do without' },
  }, { log: createLog() });
  process.stdout.write(JSON.stringify(paths));
`;

it('goes on after each of several kills, to the same bytes', { timeout: 60_000 }, async () => {
  const server = await startHubServer({ repo: 'owner/slow', revision: COMMIT, files: FILES, pace: 40_000 });
  const cacheFolder = await tempFolder();
  const env = { ...process.env, HF_ENDPOINT: server.url, HF_TOKEN: '', HF_HUB_CACHE: cacheFolder };
  const args = ['--input-type=module', '--eval', DOWNLOADING];
  const bodies = () => server.requests.filter((request) => request.startsWith('body'));

  for (const delayMs of [120, 60, 200]) {
    const before = bodies().length;
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
    while (bodies().length < before + 2) await sleep(5);
    await sleep(delayMs);
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [paths] = await Promise.all([text(child.stdout), once(child, 'close')]);

  for (const path of JSON.parse(paths) as string[]) {
    const expected = FILES[path.split('/').at(-1)! as keyof typeof FILES];
    expect((await readFile(path)).equals(expected)).toBe(true);
  }
  const hashes = Object.values(FILES).map((file) => createHash('sha256').update(file).digest('hex'));
  expect(await filesIn(join(cacheFolder, 'datasets--owner--slow', 'blobs'))).toEqual(hashes.toSorted());
  expect(await filesIn(join(cacheFolder, '.locks'))).toEqual([]);
  const starts = bodies().map((body) => Number(/=(\d+)-/.exec(body)![1]));
  expect(starts).toHaveLength(8);
  expect(starts.slice(0, 2)).toEqual([0, 0]);
  // Each process goes on behind what the one before left, of both files.
  for (let round = 1; round < 4; round++) {
    const [now, before] = [starts.slice(2 * round, 2 * round + 2), starts.slice(2 * round - 2, 2 * round)];
    expect(Math.min(...now)).toBeGreaterThan(Math.min(...before));
  }
});
