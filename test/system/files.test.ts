import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { explainDiskError, replaceFolder, sha256File, writeFileAtomic } from '../../src/system/files.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const makeFolder = useTempFolders();

describe('writeFileAtomic', () => {
  it('writes a file, making its folder, and leaves nothing beside it', async () => {
    const folder = await makeFolder();
    await writeFileAtomic(join(folder, 'a/b.txt'), 'one');
    await writeFileAtomic(join(folder, 'a/b.txt'), 'two');
    expect(await readFile(join(folder, 'a/b.txt'), 'utf8')).toBe('two');
    expect(await filesIn(folder)).toEqual(['a/b.txt']);
  });
  it('leaves the old content and no part file when it fails', async () => {
    const folder = await makeFolder();
    await mkdir(join(folder, 'taken/full'), { recursive: true });
    await expect(writeFileAtomic(join(folder, 'taken'), 'x')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['taken']);
  });
});

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
    const module = fileURLToPath(new URL('../../src/system/files.ts', import.meta.url));
    const script = `
      import { writeFileSync } from 'node:fs';
      import { replaceFolder } from ${JSON.stringify(module)};
      await replaceFolder(process.argv[1], async (folder) => { writeFileSync(folder + '/half', ''); process.exit(130); });`;
    const { exitCode } = await execa(process.execPath, ['--input-type=module', '-e', script, target], {
      reject: false,
    });
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
});

describe('explainDiskError', () => {
  it('leaves other errors as they are', () => {
    const other = new TypeError('x');
    expect(explainDiskError(other, 'p')).toBe(other);
    expect(explainDiskError(undefined, 'p')).toBe(undefined);
  });
});

describe('sha256File', () => {
  it('hashes the bytes', async () => {
    const path = join(await makeFolder(), 'abc');
    await writeFile(path, 'abc');
    expect(await sha256File(path)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    await rm(path);
  });
});
