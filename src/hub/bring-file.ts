import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileDownloadInfo } from '@huggingface/hub';
import { type IsHeld, withFileLock } from '../system/file-lock.ts';
import { hashesTo, sizeOf } from './digest.ts';
import { downloadFile } from './download-file.ts';
import type { ExpectedFile } from './expected-files.ts';
import { blobPath, lockedPath, partPath, putIntoSnapshot, repoCache, snapshotPath } from './hub-cache.ts';
import { HubStatusError, IncompleteDownloadError } from './hub-errors.ts';
import { type HubTarget, insist, libraryOptions, type Patience } from './hub-request.ts';

/**
 * Has one file in the cache, whole and right: found there, or downloaded, going on where an earlier call stopped.
 * Tries again while the trouble may pass; others who want the same content wait for one try at a time.
 * @param onBytes told how many bytes are on disk
 * @throws UserError where the content is wrong; the errors of the hub and of the disk; the signal's reason
 */
export async function bringFile(
  target: HubTarget,
  file: ExpectedFile,
  onBytes: (bytes: number) => void,
  patience: Patience,
): Promise<void> {
  const { signal, log } = patience;
  const cache = repoCache(target.repo, target.access);
  const locked = lockedPath(cache, file.digest.hex);
  const part = partPath(cache, file.digest.hex);
  let furthest = 0;
  const tryOnce = async (progressed: () => void, isHeld: IsHeld) => {
    if (await findFile(target, file, signal)) return onBytes(file.size);
    const had = Math.max(0, await sizeOf(part));
    if (had > furthest) progressed();
    furthest = Math.max(furthest, had);
    onBytes(had);
    await fetchFile(target, file, onBytes, patience).catch(async (error: unknown) => {
      signal.throwIfAborted();
      if (await isHeld()) throw error;
      throw new IncompleteDownloadError('another process has taken the download over', { cause: error });
    });
  };
  let told = false;
  const onWait = () => {
    if (!told) log.info(`${file.path}: another process is downloading it, waiting (${locked}.lock)`);
    told = true;
  };
  // Locked for one try, so that a process that waits for its next try keeps no other from trying.
  await insist(
    (progressed) => withFileLock(locked, (isHeld) => tryOnce(progressed, isHeld), { onWait, signal }),
    patience,
  );
}

/** Whether the file is there: in its place, or as a blob, which is then put there. */
async function findFile(target: HubTarget, file: ExpectedFile, signal: AbortSignal): Promise<boolean> {
  const cache = repoCache(target.repo, target.access);
  const { hex } = file.digest;
  const inPlace = snapshotPath(cache, target.revision, file.path);
  const isRight = async (path: string) =>
    (await sizeOf(path)) === file.size && (await hashesTo(path, file.digest, signal));
  if (await isRight(inPlace)) return true;
  if (!(await isRight(blobPath(cache, hex)))) return false;
  await putIntoSnapshot(cache, hex, inPlace);
  return true;
}

async function fetchFile(
  target: HubTarget,
  expected: ExpectedFile,
  onBytes: (bytes: number) => void,
  patience: Patience,
): Promise<void> {
  const cache = repoCache(target.repo, target.access);
  const { hex } = expected.digest;
  const [part, blob] = [partPath(cache, hex), blobPath(cache, hex)];
  const findSource = async () => {
    const { accessToken } = target.access;
    const info = await fileDownloadInfo({ ...libraryOptions(target, patience), path: expected.path });
    if (info === null) throw new HubStatusError(404, 'EntryNotFound');
    const headers: Record<string, string> = accessToken ? { Authorization: `Bearer ${accessToken}` } : {};
    return { url: info.url, headers };
  };
  await mkdir(dirname(blob), { recursive: true });
  await downloadFile(
    { findSource, expected, part, target: blob },
    { onBytes, signal: patience.signal, silenceMs: patience.retries.silenceMs },
  );
  await putIntoSnapshot(cache, hex, snapshotPath(cache, target.revision, expected.path));
}
