import { mkdir } from 'node:fs/promises';
import { execa } from 'execa';
import { afterEach } from 'vitest';

/**
 * To be called at the top of a test file, after `useTempFolders`.
 * @returns a function that puts a file system of its own into a folder, until the end of the test; it skips the test
 * where that needs rights that we lack
 */
export function useMounts(): (
  folder: string,
  options: string,
  skip: (why: string) => never,
) => Promise<void> {
  const mounted: string[] = [];
  afterEach(async () => {
    for (const folder of mounted.splice(0)) await execa('umount', ['-l', folder]);
  });
  return async (folder, options, skip) => {
    await mkdir(folder, { recursive: true });
    const { failed } = await execa('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], {
      reject: false,
    });
    if (failed) skip('needs the right to mount a tmpfs');
    mounted.push(folder);
  };
}
