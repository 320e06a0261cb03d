import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBytes } from './sources/read-text.ts';

/**
 * Whether data-prep wrote what lies in a folder. Others call files `manifest.json`, too: it must hold what ours does, or,
 * where it was damaged, have its index and its first shard beside it.
 */
export async function isPrepared(folder: string): Promise<boolean> {
  const path = join(folder, 'manifest.json');
  if (!(await exists(path))) return false;
  if (await isManifest(path)) return true;
  const [hasIndex, hasShard] = await Promise.all(
    ['train.json', 'images/train-000.tar'].map((name) => exists(join(folder, name))),
  );
  return hasIndex! && hasShard!;
}

async function isManifest(path: string): Promise<boolean> {
  try {
    const value: unknown = JSON.parse((await readBytes(path, path)).toString('utf8'));
    return (
      typeof value === 'object' &&
      value !== null &&
      ['version', 'files', 'splits'].every((key) => key in value)
    );
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
