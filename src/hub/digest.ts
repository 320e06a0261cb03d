import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What the bytes of a file must hash to. `git-sha1` is git's blob id, which hubs give for files outside LFS. */
export interface Digest {
  algorithm: 'sha256' | 'git-sha1';
  /** Lower-case hex; also the file's name in the cache's `blobs`. */
  hex: string;
}

/** The hash for which a file's name in the cache's `blobs` stands; undefined where it is none. */
export function digestNamed(name: string): Digest | undefined {
  if (/^[0-9a-f]{64}$/.test(name)) return { algorithm: 'sha256', hex: name };
  if (/^[0-9a-f]{40}$/.test(name)) return { algorithm: 'git-sha1', hex: name };
  return undefined;
}

/**
 * Whether the file's bytes hash to `digest`; false where there is no such file. Reads the whole file.
 * @throws the signal's reason when it is aborted
 */
export async function hashesTo(path: string, digest: Digest, signal: AbortSignal): Promise<boolean> {
  try {
    return (await hashFile(path, digest.algorithm, signal)) === digest.hex;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/**
 * Lower-case hex of a file's hash. Reads the whole file.
 * @throws the signal's reason when it is aborted; the errors of the disk
 */
export async function hashFile(
  path: string,
  algorithm: Digest['algorithm'],
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm === 'sha256' ? 'sha256' : 'sha1');
  if (algorithm === 'git-sha1') hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const piece of createReadStream(path)) {
    signal.throwIfAborted();
    hash.update(piece as Buffer);
  }
  return hash.digest('hex');
}

/** @returns bytes, -1 where there is no such file */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return -1;
    throw error;
  }
}

/** Whether an error of the disk says that there is no such file. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
