import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programsOnPath } from '../../../scripts/setup/programs.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

describe('programsOnPath', () => {
  it('finds programs in the order of PATH, follows links, and passes over folders, plain files and what is left out', async () => {
    const folder = await tempFolder();
    const place = async (name: string, executable: boolean) => {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, 'tool'), '#!/bin/sh\n');
      await chmod(join(folder, name, 'tool'), executable ? 0o755 : 0o644);
    };
    await place('a', true);
    await place('plain', false);
    await place('own/bin', true);
    await mkdir(join(folder, 'dir/tool'), { recursive: true });
    await mkdir(join(folder, 'link'));
    await symlink('../a/tool', join(folder, 'link/tool'));
    const path = ['plain', 'own/bin', 'link', 'dir', 'nowhere', 'a']
      .map((name) => join(folder, name))
      .join(':');
    expect(programsOnPath('tool', `:${path}`, join(folder, 'own'))).toEqual([
      join(folder, 'link/tool'),
      join(folder, 'a/tool'),
    ]);
  });
});
