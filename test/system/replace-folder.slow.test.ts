import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { replaceFolder } from '../../src/system/replace-folder.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const makeFolder = useTempFolders();
const MODULE = fileURLToPath(new URL('../../src/system/replace-folder.ts', import.meta.url));

it('waits for a process that is stopped, and says so once', { timeout: 60_000 }, async () => {
  const target = join(await makeFolder(), 'data');
  await mkdir(target);
  const script = `
    import { once } from 'node:events';
    import { writeFileSync } from 'node:fs';
    import { replaceFolder } from ${JSON.stringify(MODULE)};
    await replaceFolder(process.argv[1], async (folder) => {
      process.stdout.write('begins');
      await once(process.stdin, 'data');
      writeFileSync(folder + '/theirs', '');
    });`;
  const first = execa(process.execPath, ['--input-type=module', '-e', script, target], { reject: false });
  await once(first.stdout!, 'data');
  first.kill('SIGSTOP');
  const silent: number[] = [];
  const second = replaceFolder(target, (folder) => writeFile(join(folder, 'ours'), ''), {
    onSilent: (pid) => {
      silent.push(pid);
      first.kill('SIGCONT');
      first.stdin!.end('go on');
    },
  });
  await second;
  expect(await first).toMatchObject({ exitCode: 0, stderr: '' });
  expect(silent).toEqual([first.pid]);
  expect(await filesIn(join(target, '..'))).toEqual(['data/ours']);
});
