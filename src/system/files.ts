import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from './errors.ts';

/** What the names of files end with that are being written. One that a killed process leaves behind may be removed. */
export const PART_SUFFIX = '.part';

/**
 * Writes a file so that a reader sees the old content or the new, never half of it, whenever the power goes:
 * beside it first, synced to disk, then renamed, and the folder synced. A left-over of a failed write is removed.
 * @param content parts are written one after the other
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  await putInPlace(path, async (aside) => {
    const file = await open(aside, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Copies a file as `writeFileAtomic` writes one; where the file system can, both share the disk's blocks. */
export async function copyFileAtomic(from: string, to: string): Promise<void> {
  await putInPlace(to, async (aside) => {
    await copyFile(from, aside, constants.COPYFILE_FICLONE);
    const file = await open(aside, 'r+');
    await file.sync().finally(() => file.close());
  });
}

async function putInPlace(path: string, write: (aside: string) => Promise<void>): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}${PART_SUFFIX}`;
  try {
    await makeFolder(dirname(path));
    await write(aside);
    await rename(aside, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await removeLeftOver(aside);
    throw explainDiskError(error, path);
  }
}

/** The folders in which new ones were made, from the innermost out. @param outermost the first of the new ones */
async function syncAround(innermost: string, outermost: string): Promise<void> {
  const last = resolve(outermost);
  for (let made = resolve(innermost); made.length >= last.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

/** Until then a power cut may undo a renaming, or the making of a folder. */
async function syncFolder(folder: string): Promise<void> {
  // Some folders may be written but not read, some file systems know no such thing: there is nothing to be done about it.
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** @returns lower-case hex sha256 of the file's bytes */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Never throws: the error before it is the one to tell. */
async function removeLeftOver(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {});
}

/**
 * Makes a folder and those around it, to stay whenever the power goes.
 * @param name what messages call it
 * @throws UserError where that is not possible
 */
export async function makeFolder(folder: string, name = folder): Promise<void> {
  try {
    const outermost = await mkdir(folder, { recursive: true });
    if (outermost !== undefined) await syncAround(folder, outermost);
  } catch (error) {
    const reason = FOLDER_REASONS[codeOf(error)];
    if (reason === undefined) throw explainDiskError(error, name);
    throw new UserError(`Cannot make the folder ${name}: ${reason}; choose another folder`, { cause: error });
  }
}

/** Of `mkdir` alone: elsewhere, these codes mean other things. */
const FOLDER_REASONS: Readonly<Record<string, string>> = {
  // With `recursive`, Node hides EROFS behind it.
  ENOENT: 'the file system is read-only, or a link on the way leads nowhere',
  ENOTDIR: 'a file on the way to it is no folder',
  EEXIST: 'there is a file of that name',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'links on the way to it lead in a circle',
};

const DISK_ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space and run the command again',
  EDQUOT: 'the disk quota is used up: free some space and run the command again',
  EACCES: 'permission denied: make the folder writable for this user',
  EPERM: 'not permitted: make the folder writable for this user',
  EROFS: 'the file system is read-only: choose another folder',
  EFBIG:
    'a file is larger than this disk or the limit of the shell (ulimit -f) allows: raise it, or choose another folder',
  EIO: 'the disk fails: check it, or choose another folder',
};

/** Turns an error of the disk while `path` was written into one line for the user; any other is returned as it is. */
export function explainDiskError(error: unknown, path: string): unknown {
  const advice = DISK_ADVICE[codeOf(error)];
  if (advice === undefined) return error;
  const elsewhere = deniedElsewhere(error as NodeJS.ErrnoException, path);
  const message =
    elsewhere === undefined
      ? `Cannot write ${path}: ${advice}`
      : `Cannot read ${elsewhere}: permission denied: make it readable for this user`;
  return new UserError(message, { cause: error });
}

/** Whether an error, as `explainDiskError` tells it, goes away where something is removed. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof UserError && ['ENOSPC', 'EDQUOT'].includes(codeOf(error.cause));
}

/** @returns what was read, neither in nor around `path`, when permission was denied; undefined for all else */
function deniedElsewhere({ code, path: at }: NodeJS.ErrnoException, path: string): string | undefined {
  if (at === undefined || (code !== 'EACCES' && code !== 'EPERM')) return undefined;
  const [where, target] = [resolve(at), resolve(path)];
  return where.startsWith(target) || target.startsWith(where) ? undefined : at;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

/**
 * Makes the folder and tries to write into it, so that a run does not find out after hours.
 * @throws UserError where that is not possible
 */
export async function assertWritable(folder: string): Promise<void> {
  const probe = join(folder, `.writable-${randomBytes(4).toString('hex')}`);
  await makeFolder(folder);
  try {
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    const code = codeOf(error);
    if (code === '' || code in DISK_ADVICE) throw explainDiskError(error, folder);
    // As /proc, which says that there is no such file.
    throw new UserError(`Cannot write ${folder}: it takes no files (${code}); choose another folder`, {
      cause: error,
    });
  }
}
