import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { replaceFolder } from '../../src/system/replace-folder.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const makeFolder = useTempFolders();
const MODULE = fileURLToPath(new URL('../../src/system/replace-folder.ts', import.meta.url));

function runScript(script: string, ...args: string[]) {
  return execa(process.execPath, ['--input-type=module', '-e', script, ...args], { reject: false });
}

describe('replaceFolder', () => {
  const folderWithOld = async () => {
    const target = join(await makeFolder(), 'data');
    await mkdir(target);
    await writeFile(join(target, 'old'), '');
    return target;
  };

  it('puts the new folder in the place of the old one', async () => {
    const target = await folderWithOld();
    await replaceFolder(target, (folder) => writeFile(join(folder, 'new'), ''));
    expect(await filesIn(join(target, '..'))).toEqual(['data/new']);
  });
  it('shows the old folder until the new one is whole', async () => {
    const target = await folderWithOld();
    await replaceFolder(target, async (folder) => {
      await writeFile(join(folder, 'new'), '');
      expect(await readdir(target)).toEqual(['old']);
    });
  });
  it('makes the folder where there was none', async () => {
    const target = join(await makeFolder(), 'a/b');
    await replaceFolder(target, (folder) => writeFile(join(folder, 'new'), ''));
    expect(await readdir(target)).toEqual(['new']);
  });
  it('keeps the old folder, and nothing else, when filling fails', async () => {
    const target = await folderWithOld();
    const failure = replaceFolder(target, async (folder) => {
      await writeFile(join(folder, 'half'), '');
      throw new Error('no luck');
    });
    await expect(failure).rejects.toThrow('no luck');
    expect(await filesIn(join(target, '..'))).toEqual(['data/old']);
  });
  it('tidies up when the process is ended in the middle', async () => {
    const target = await folderWithOld();
    const script = `
      import { writeFileSync } from 'node:fs';
      import { replaceFolder } from ${JSON.stringify(MODULE)};
      await replaceFolder(process.argv[1], async (folder) => { writeFileSync(folder + '/half', ''); process.exit(130); });`;
    const { exitCode } = await runScript(script, target);
    expect(exitCode).toBe(130);
    expect(await filesIn(join(target, '..'))).toEqual(['data/old']);
  });
  it('says in one line that the disk is full', async () => {
    const target = await folderWithOld();
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    await expect(replaceFolder(target, () => Promise.reject(full))).rejects.toThrow(
      /Cannot write .*data: the disk is full/,
    );
    expect(await readdir(target)).toEqual(['old']);
  });
  it('removes what a killed process left, at the next call', async () => {
    const target = await folderWithOld();
    const script = `
      import { writeFileSync } from 'node:fs';
      import { replaceFolder } from ${JSON.stringify(MODULE)};
      await replaceFolder(process.argv[1], async (folder) => {
        writeFileSync(folder + '/half', '');
        process.kill(process.pid, 'SIGKILL');
        await new Promise(() => {});
      });`;
    await runScript(script, target);
    expect((await readdir(join(target, '..'))).sort()).toEqual([
      'data',
      expect.stringMatching(/^data\.[0-9a-f]{8}\.aerial-part$/),
      'data.lock',
    ]);
    await replaceFolder(target, (folder) => writeFile(join(folder, 'new'), ''));
    expect(await filesIn(join(target, '..'))).toEqual(['data/new']);
  });
  it('brings the old folder back where a process was killed between the two renames', async () => {
    const target = await folderWithOld();
    await rename(target, `${target}.aerial-old`);
    const failure = replaceFolder(target, () => Promise.reject(new Error('no network')));
    await expect(failure).rejects.toThrow('no network');
    expect(await filesIn(join(target, '..'))).toEqual(['data/old']);
  });
  it('leaves folders of other people and of other folders alone', async () => {
    const target = await folderWithOld();
    const others = ['data.old', 'data.part', 'database.0123.aerial-part', 'data2.aerial-old'];
    for (const other of others) await mkdir(join(target, '..', other));
    await replaceFolder(target, (folder) => writeFile(join(folder, 'new'), ''));
    expect(new Set(await readdir(join(target, '..')))).toEqual(new Set(['data', ...others]));
  });
  it('waits for another process that is replacing the same folder', async () => {
    const target = await folderWithOld();
    const script = `
      import { once } from 'node:events';
      import { existsSync, writeFileSync } from 'node:fs';
      import { replaceFolder } from ${JSON.stringify(MODULE)};
      const [target, name] = process.argv.slice(1);
      await replaceFolder(target, async (folder) => {
        writeFileSync(folder + '/' + name, '');
        process.stdout.write('begins');
        if (name === 'one') await once(process.stdin, 'data');
        if (!existsSync(folder + '/' + name)) throw new Error('gone');
      }, { onWait: () => console.error('waits') });`;
    const first = runScript(script, target, 'one');
    await once(first.stdout!, 'data');
    const second = runScript(script, target, 'two');
    await once(second.stderr!, 'data');
    first.stdin!.end('go on');
    const ended = await Promise.all([first, second]);
    expect(ended.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ''],
      [0, 'waits'],
    ]);
    expect(await filesIn(join(target, '..'))).toEqual(['data/two']);
  });
  it('stops waiting when it is told to', async () => {
    const target = await folderWithOld();
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    await replaceFolder(target, async () => {
      const second = replaceFolder(target, () => expect.fail('nothing to fill'), {
        onWait: () => stop.abort(reason),
        signal: stop.signal,
      });
      await expect(second).rejects.toBe(reason);
    });
    expect(await readdir(join(target, '..'))).toEqual(['data']);
  });
  it('fills the disk that a link leads to', async () => {
    const target = await folderWithOld();
    const link = join(await makeFolder(), 'link');
    await symlink(target, link);
    await replaceFolder(link, async (folder) => {
      expect(dirname(folder)).toBe(dirname(target));
      await writeFile(join(folder, 'new'), '');
    });
    expect(await readlink(link)).toBe(target);
    expect(await filesIn(join(target, '..'))).toEqual(['data/new']);
  });
  it('says in one line that links lead in a circle', async () => {
    const folder = await makeFolder();
    await symlink('b', join(folder, 'a'));
    await symlink('a', join(folder, 'b'));
    const failure = replaceFolder(join(folder, 'a'), () => expect.fail('nothing to fill'));
    await expect(failure).rejects.toThrow(
      /^Cannot follow .*a: its links lead in a circle; mend them or choose/,
    );
  });
  it('says in one line that another process took over, whatever failed then', async () => {
    const target = await folderWithOld();
    const failure = replaceFolder(target, async (folder) => {
      await writeFile(`${target}.lock`, 'of another');
      await rm(folder, { recursive: true });
      await writeFile(join(folder, 'new'), '');
    });
    await expect(failure).rejects.toThrow(/^Another process took over .*data while this one stood still/);
    await expect(failure).rejects.toMatchObject({ name: 'UserError' });
    expect(await filesIn(join(target, '..'))).toEqual(['data.lock', 'data/old']);
  });
  it('keeps the old folder where it may no longer be replaced', async () => {
    const target = await folderWithOld();
    const assertReplaceable = (folder: string) => {
      if (existsSync(join(folder, 'mine'))) throw new Error('holds mine');
    };
    const failure = replaceFolder(target, () => writeFile(join(target, 'mine'), ''), { assertReplaceable });
    await expect(failure).rejects.toThrow('holds mine');
    expect(await filesIn(join(target, '..'))).toEqual(['data/mine', 'data/old']);
  });
});
