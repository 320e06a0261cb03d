import { readlink, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Digest, digestNamed, hashesTo, hashFile, isMissing, sizeOf } from './digest.ts';
import { blobPath, type RepoCache } from './hub-cache.ts';

/** What the cache has of a file of a commit, as far as can be told without the hub. */
export type CachedFile =
  | { state: 'absent' }
  /** Whole and right. */
  | { state: 'right'; digest: Digest }
  /** Its bytes do not hash to the name of its blob. */
  | { state: 'damaged' }
  /** There, but nothing here says what it must hash to. */
  | { state: 'unproven' };

/**
 * Looks at a file in a snapshot and reads it whole. A link there names a blob, whose name is its hash. Where links are
 * impossible a copy lies there, which a blob of the same hash proves right; but Python's library moves the blob there,
 * so that only the hub can tell.
 * @param path as `snapshotPath` gives it
 * @throws the signal's reason when it is aborted; errors of the disk
 */
export async function lookUp(cache: RepoCache, path: string, signal: AbortSignal): Promise<CachedFile> {
  try {
    if (!(await stat(path)).isFile()) return { state: 'absent' };
    const target = await linkTarget(path);
    return target === null ? await proveCopy(cache, path, signal) : await checkLink(path, target, signal);
  } catch (error) {
    if (isMissing(error)) return { state: 'absent' };
    throw error;
  }
}

/** @returns null where the path is no link */
async function linkTarget(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return null;
    throw error;
  }
}

async function checkLink(path: string, target: string, signal: AbortSignal): Promise<CachedFile> {
  const digest = digestNamed(basename(target));
  if (!digest) return { state: 'unproven' };
  return (await hashesTo(path, digest, signal)) ? { state: 'right', digest } : { state: 'damaged' };
}

async function proveCopy(cache: RepoCache, path: string, signal: AbortSignal): Promise<CachedFile> {
  for (const algorithm of ['sha256', 'git-sha1'] as const) {
    const hex = await hashFile(path, algorithm, signal);
    if ((await sizeOf(blobPath(cache, hex))) !== -1) return { state: 'right', digest: { algorithm, hex } };
  }
  return { state: 'unproven' };
}
