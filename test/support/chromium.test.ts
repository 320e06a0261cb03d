import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { openPage } from './chromium.ts';
import { useTempFolders } from './temp-folder.ts';

const tempFolder = useTempFolders();

afterEach(() => vi.unstubAllEnvs());

it.each([
  ['ends at once', '#!/bin/sh\nexit 3\n', 'the browser ended with 3'],
  [
    'is killed while it is waited for',
    '#!/bin/sh\nhead -c 1 <&3\nkill -9 $$\n',
    'the browser ended with SIGKILL',
  ],
  ['cannot be started', null, 'ENOENT'],
])('a browser that %s is an error, and leaves nothing', async (_, script, message) => {
  const program = join(await tempFolder(), 'browser');
  if (script !== null) {
    await writeFile(program, script);
    await chmod(program, 0o755);
  }
  const profiles = await tempFolder();
  vi.stubEnv('TMPDIR', profiles);
  await expect(openPage('/nowhere.html', program)).rejects.toThrow(message);
  expect(await readdir(profiles)).toEqual([]);
});
