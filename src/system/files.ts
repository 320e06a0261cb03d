import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from './errors.ts';

/**
 * Writes a file so that a reader sees the old content or the new, never half of it:
 * beside it first, synced to disk, then renamed. A left-over of a failed write is removed.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(aside, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw explainDiskError(error, path);
  }
}

/**
 * Fills a new folder beside `path` and puts it in the place of `path` only when `fill` has succeeded.
 * On failure the old folder is as it was and nothing new is left behind.
 */
export async function replaceFolder(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const suffix = randomBytes(4).toString('hex');
  const aside = `${path}.${suffix}.part`;
  const old = `${path}.${suffix}.old`;
  // Ctrl-C ends some commands at once, by process.exit, which runs no `catch`.
  const tidyUp = () => rmSync(aside, { recursive: true, force: true });
  process.once('exit', tidyUp);
  try {
    await mkdir(aside, { recursive: true });
    await fill(aside);
    const hadOld = await renameIfPresent(path, old);
    try {
      await rename(aside, path);
    } catch (error) {
      if (hadOld) await rename(old, path);
      throw error;
    }
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw explainDiskError(error, path);
  } finally {
    process.off('exit', tidyUp);
  }
  await rm(old, { recursive: true, force: true });
}

/** @returns lower-case hex sha256 of the file's bytes */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function renameIfPresent(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

const DISK_ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space and run the command again',
  EDQUOT: 'the disk quota is used up: free some space and run the command again',
  EACCES: 'permission denied: make the folder writable for this user',
  EPERM: 'not permitted: make the folder writable for this user',
  EROFS: 'the file system is read-only: choose another folder in params.yaml (paths)',
};

/** Turns an error of the disk into one line for the user; any other error is returned as it is. */
export function explainDiskError(error: unknown, path: string): unknown {
  const advice = DISK_ADVICE[(error as NodeJS.ErrnoException)?.code ?? ''];
  return advice ? new UserError(`Cannot write ${path}: ${advice}`, { cause: error }) : error;
}

/**
 * Makes the folder and tries to write into it, so that a run does not find out after hours.
 * @throws UserError where that is not possible
 */
export async function assertWritable(folder: string): Promise<void> {
  const probe = `${folder}/.writable-${randomBytes(4).toString('hex')}`;
  await writeFileAtomic(probe, '');
  await rm(probe);
}
