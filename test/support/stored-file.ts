import { stat } from 'node:fs/promises';
import type { StoredBytes } from '../../src/data/prepared.ts';

/** A whole file as the bytes of a prepared image. */
export async function storedFile(path: string): Promise<StoredBytes> {
  return { shard: path, offset: 0, length: (await stat(path)).size };
}
