import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat, truncate } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../system/errors.ts';
import { IncompleteDownloadError } from './hub-errors.ts';
import { hubFetch } from './hub-request.ts';

/** What the bytes of a file must hash to. `git-sha1` is git's blob id, which hubs give for files outside LFS. */
export interface Digest {
  algorithm: 'sha256' | 'git-sha1';
  hex: string;
}

export interface ExpectedFile {
  /** Path in the repository. */
  path: string;
  /** Bytes. */
  size: number;
  digest: Digest;
}

/** Whether `path` is there, whole and right. */
export async function isVerified(path: string, expected: ExpectedFile): Promise<boolean> {
  return (await sizeOf(path)) === expected.size && (await hashFile(path, expected)) === expected.digest.hex;
}

/** Where a download of this content gathers; other content never continues it. */
export function partPath(target: string, expected: ExpectedFile): string {
  return `${target}.${expected.digest.hex.slice(0, 12)}.part`;
}

/**
 * Fetches what is missing of a file, from where an earlier call stopped, and puts it in place once its hash is right.
 * Two calls at once would disturb each other: the caller holds the lock of `target`, whose folder is there.
 * @param url where it lies, and the headers that go with each request
 * @param onBytes told how many bytes are on disk, after each piece
 * @throws HubStatusError, IncompleteDownloadError or fetch's own TypeError: what came so far is kept for the next call.
 *   Wrong content is thrown away: UserError, or IncompleteDownloadError where an older piece may be at fault
 */
export async function downloadFile(
  request: { url: string; headers: Record<string, string> },
  expected: ExpectedFile,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const part = partPath(target, expected);
  try {
    await completePart(request, expected, part, onBytes);
    await rename(part, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new IncompleteDownloadError(`${part} was removed while it was written`, { cause: error });
  }
}

async function completePart(
  request: { url: string; headers: Record<string, string> },
  expected: ExpectedFile,
  part: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  if ((await sizeOf(part)) > expected.size) await rm(part);
  const isContinued = (await sizeOf(part)) > 0;
  if ((await sizeOf(part)) < expected.size) await appendMissing(request, expected.size, part, onBytes);
  const actual = await hashFile(part, expected);
  if (actual !== expected.digest.hex) {
    await rm(part);
    if (isContinued) throw new IncompleteDownloadError('the continued download is damaged, it starts again');
    throw new UserError(
      `Download of ${expected.path} is damaged: its ${expected.digest.algorithm} is ${actual}, expected ${expected.digest.hex}; run the command again, or use another mirror (HF_ENDPOINT) if it happens again`,
    );
  }
}

/** @returns bytes, -1 where there is no such file */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return -1;
    throw error;
  }
}

async function appendMissing(
  request: { url: string; headers: Record<string, string> },
  size: number,
  part: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let have = Math.max(0, await sizeOf(part));
  // "identity": a range of a compressed answer would be a range of something else.
  const range = { Range: `bytes=${have}-`, 'Accept-Encoding': 'identity' };
  const response = await hubFetch(request.url, { headers: { ...request.headers, ...range } });
  if (response.status !== 206 && have > 0) {
    // The server does not know ranges and sends the file from its beginning.
    await truncate(part, 0);
    have = 0;
  }
  // Piece by piece and not through a pipe, which would throw away what it holds when the connection breaks.
  const file = await open(part, 'a');
  try {
    for await (const chunk of response.body ?? []) {
      have += chunk.length;
      if (have > size) {
        throw new UserError(
          `${request.url} sends more than the ${size} bytes that the hub announced; use another mirror (HF_ENDPOINT)`,
        );
      }
      await file.writeFile(chunk);
      onBytes(have);
    }
  } finally {
    await file.close();
  }
  if (have < size) throw new IncompleteDownloadError(`connection closed after ${have} of ${size} bytes`);
}

async function hashFile(path: string, { size, digest }: ExpectedFile): Promise<string> {
  const hash = createHash(digest.algorithm === 'sha256' ? 'sha256' : 'sha1');
  if (digest.algorithm === 'git-sha1') hash.update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
