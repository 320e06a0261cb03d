import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/system/errors.ts';
import { assertWritable, explainDiskError, sha256File, writeFileAtomic } from '../../src/system/files.ts';
import { replaceFolder } from '../../src/system/replace-folder.ts';
import { useMounts } from '../support/mounts.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const makeFolder = useTempFolders();
const mountTmpfs = useMounts();

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

describe('what must outlast a power cut', () => {
  /** Paths of the files and folders that are synced to disk meanwhile, in order, below `folder`. */
  async function syncedIn(folder: string, work: () => Promise<void>): Promise<string[]> {
    const handle = await open(folder);
    const { sync } = handle;
    const synced: string[] = [];
    const spy = vi.spyOn(Object.getPrototypeOf(handle), 'sync').mockImplementation(async function (
      this: typeof handle,
    ) {
      synced.push(relative(folder, await readlink(`/proc/self/fd/${this.fd}`)));
      return sync.call(this);
    });
    await handle.close();
    await work().finally(() => spy.mockRestore());
    return synced;
  }

  it('is the file, its folder, and whatever has a new folder in it', async ({ skip }) => {
    if (!existsSync('/proc/self/fd')) skip('there is no /proc');
    const folder = await makeFolder();
    await mkdir(join(folder, 'old'));
    const write = () => writeFileAtomic(join(folder, 'old/a/b/c.txt'), 'one');
    const part = expect.stringMatching(/^old\/a\/b\/c\.txt\.[0-9a-f]{8}\.part$/);
    expect(await syncedIn(folder, write)).toEqual(['old/a', 'old', part, 'old/a/b']);
    expect(await syncedIn(folder, write)).toEqual([part, 'old/a/b']);
  });
  it('is found by a path from the working folder, too', async ({ skip }) => {
    if (!existsSync('/proc/self/fd')) skip('there is no /proc');
    const folder = await makeFolder();
    const make = () => assertWritable(relative('.', join(folder, 'a/x/../b')));
    expect(await syncedIn(folder, make)).toEqual(['a', '']);
  });
});

describe('a folder that cannot be made', () => {
  const makers: [name: string, make: (path: string) => Promise<void>][] = [
    ['writeFileAtomic', (path) => writeFileAtomic(join(path, 'x'), '')],
    ['replaceFolder', (path) => replaceFolder(path, () => expect.fail('nothing to fill'))],
    ['assertWritable', assertWritable],
  ];

  it.each(makers)('is told in one line by %s: a file on the way', async (_name, make) => {
    const folder = await makeFolder();
    await writeFile(join(folder, 'file'), 'mine');
    const failure = make(join(folder, 'file/a/b'));
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(failure).rejects.toThrow(
      /^Cannot make the folder .+a(\/b)?: a file on the way to it is no folder; choose another folder$/,
    );
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('mine');
  });
  it('is told in one line: a file in its place', async () => {
    const file = join(await makeFolder(), 'file');
    await writeFile(file, 'mine');
    for (const make of [() => writeFileAtomic(join(file, 'x'), ''), () => assertWritable(file)]) {
      await expect(make()).rejects.toThrow(
        /^Cannot make the folder .+: there is a file of that name; choose/,
      );
    }
  });
  it('is told in one line: a name that is too long', async () => {
    const folder = await makeFolder();
    await expect(assertWritable(join(folder, 'x'.repeat(300)))).rejects.toThrow(
      /: its name is too long; choose/,
    );
  });
  it('is told in one line: links in a circle', async () => {
    const folder = await makeFolder();
    await symlink('b', join(folder, 'a'));
    await symlink('a', join(folder, 'b'));
    await expect(assertWritable(join(folder, 'a/x'))).rejects.toThrow(
      /: links on the way to it lead in a circle; choose/,
    );
  });
  it.for(makers)('is told in one line by %s: a read-only disk', async ([, make], { skip }) => {
    const folder = await makeFolder();
    await mountTmpfs(folder, 'size=64k,ro', skip);
    await expect(make(join(folder, 'a/b'))).rejects.toThrow(
      /^Cannot make the folder .+: the file system is read-only, or a link on the way leads nowhere; choose/,
    );
  });
});

describe('assertWritable', () => {
  it('makes the folder and leaves nothing in it', async () => {
    const folder = join(await makeFolder(), 'a/b');
    await assertWritable(folder);
    expect(await readdir(folder)).toEqual([]);
  });
  it('names a folder that takes no files', async ({ skip }) => {
    if (!existsSync('/proc')) skip('there is no /proc');
    await expect(assertWritable('/proc')).rejects.toThrow(
      /^Cannot write \/proc: it takes no files \(E\w+\); choose another folder$/,
    );
  });
  it('names the folder of a read-only disk', async ({ skip }) => {
    const folder = await makeFolder();
    await mountTmpfs(folder, 'size=64k,ro', skip);
    await expect(assertWritable(folder)).rejects.toThrow(
      `Cannot write ${folder}: the file system is read-only`,
    );
  });
});

describe('explainDiskError', () => {
  it('leaves what fails in reading to the reader', async () => {
    const folder = await makeFolder();
    const failure = replaceFolder(join(folder, 'new'), async () => {
      await readFile(join(folder, 'none'));
    });
    await expect(failure).rejects.toThrow(/^ENOENT/);
  });
  it.each([
    ['EFBIG', /Cannot write data: a file is larger than this disk or the limit of the shell/],
    ['EIO', /Cannot write data: the disk fails/],
  ])('explains %s', (code, message) => {
    expect(String(explainDiskError(Object.assign(new Error(code), { code }), 'data'))).toMatch(message);
  });
  it('tells a folder that may not be written from a file that may not be read', () => {
    const denied = (path: string) => Object.assign(new Error('EACCES'), { code: 'EACCES', path });
    const explained = (path: string) => String(explainDiskError(denied(path), 'data/prepared'));
    for (const path of ['data', 'data/prepared.1234.part/a.png']) {
      expect(explained(path)).toContain('Cannot write data/prepared: permission denied');
    }
    expect(explained('mine/a.json')).toContain('Cannot read mine/a.json: permission denied');
  });
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
