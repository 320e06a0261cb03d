import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** Environment of all workers: TensorFlow says nothing but errors. */
export const QUIET = { TF_CPP_MIN_LOG_LEVEL: '2' };

/**
 * Gives `work` a folder with what all contestants start from, and removes it.
 * @param size small: for a look whether all runs, or for long runs
 */
export async function withPrepared<T>(
  size: 'full' | 'small',
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'aerial-bench-'));
  try {
    await execa(process.execPath, [join(import.meta.dirname, 'prepare.ts'), folder, size], {
      env: QUIET,
      stderr: ['pipe', 'inherit'],
    });
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
