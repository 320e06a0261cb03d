import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const ROOT = resolve(import.meta.dirname, '../..');
const COMMIT = '7'.repeat(40);
const SPLITS = ['train', 'valid', 'test'];

it('ends aerial data-prep in good order at one Ctrl-C, and keeps what has come', {
  timeout: 60_000,
}, async () => {
  const files = Object.fromEntries(
    SPLITS.map((split) => [`data/${split}.zip`, Buffer.alloc(4_000_000, split)]),
  );
  const server = await startHubServer({ repo: 'owner/slow', revision: COMMIT, files, pace: 10_000 });
  const folder = await tempFolder();
  await copyFile(join(ROOT, 'params.yaml'), join(folder, 'params.yaml'));
  const settings = ['data.source=hub', 'data.hub.repo=owner/slow', `data.hub.revision='${COMMIT}'`];
  const child = spawn(
    process.execPath,
    [join(ROOT, 'bin/aerial.js'), 'data-prep', ...settings.flatMap((setting) => ['--set', setting])],
    {
      cwd: folder,
      env: { ...process.env, HF_ENDPOINT: server.url, HF_TOKEN: '', HF_HOME: 'cache', HF_HUB_CACHE: '' },
    },
  );
  const end = once(child, 'close');
  const [out, error] = [text(child.stdout), text(child.stderr)];
  const blobs = join(folder, 'cache/hub/datasets--owner--slow/blobs');
  while ((await begun(blobs)) < SPLITS.length) await sleep(10);
  child.kill('SIGINT');
  const [exitCode] = await end;

  expect(await error).toMatch(/Stopping in an orderly way[\s\S]*Stopped by SIGINT\n$/);
  expect(await error).not.toContain('error');
  expect(await out).toBe('');
  expect(exitCode).toBe(130);
  for (const name of await readdir(blobs)) expect(name).toMatch(/^[0-9a-f]{64}\.aerial\.incomplete$/);
  const rest = (await filesIn(folder)).filter((name) => !name.includes('/blobs/'));
  expect(rest).toEqual(['params.yaml']);
});

/** Parts of which something has come. */
async function begun(blobs: string): Promise<number> {
  const names = await readdir(blobs).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(blobs, name))).size));
  return sizes.filter((size) => size > 0).length;
}
