import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAnnotationFile, isImageFile, listFiles } from '../../../src/data/sources/list-files.ts';
import { UserError } from '../../../src/system/errors.ts';
import { writeFolder } from '../../support/source-folder.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

describe('listFiles', () => {
  it('lists what lies below, sorted, without what is hidden', async () => {
    const folder = await tempFolder();
    const names = ['b.txt', 'B.txt', 'sub/c.png', 'sub/sub/d', '.git/e', 'sub/.f.png', '__MACOSX/g.png'];
    await writeFolder(folder, Object.fromEntries(names.map((name) => [name, name])));
    expect(await listFiles(folder, 'own')).toEqual(['B.txt', 'b.txt', 'sub/c.png', 'sub/sub/d']);
  });

  it('follows links to files and folders, and leaves out dead ones and circles', async () => {
    const folder = await tempFolder();
    const cache = await tempFolder();
    await writeFolder(cache, { abc: 'x', 'images/a.png': 'x' });
    await mkdir(join(folder, 'sub'));
    await symlink(join(cache, 'abc'), join(folder, 'b.png'));
    await symlink(join(cache, 'images'), join(folder, 'images'));
    await symlink(join(cache, 'nowhere'), join(folder, 'dead.png'));
    await symlink(join(folder, 'loop.png'), join(folder, 'loop.png'));
    await symlink('..', join(folder, 'sub/up'));
    expect(await listFiles(folder, 'own')).toEqual(['b.png', 'images/a.png']);
  });

  it('says what cannot be listed', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'file'), '');
    const failure = listFiles(join(folder, 'file'), 'own');
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(failure).rejects.toThrow('Cannot list own (ENOTDIR): it must be a folder');
    await expect(listFiles(join(folder, 'none'), 'own')).rejects.toThrow('Cannot list own (ENOENT)');
  });
});

describe('isImageFile, isAnnotationFile', () => {
  it('go by the ending, in any case', () => {
    expect(['a.JPG', 'a.jpeg', 'a.png', 'a.webp', 'a.tif', 'a.TIFF'].every(isImageFile)).toBe(true);
    expect(['a.gif', 'a.svg', 'jpg', 'a.json'].some(isImageFile)).toBe(false);
    expect(['a.json', 'a.TXT', 'a.yaml', 'a.yml'].every(isAnnotationFile)).toBe(true);
    expect(['a.xml', 'json', 'a.jpg'].some(isAnnotationFile)).toBe(false);
  });
});
