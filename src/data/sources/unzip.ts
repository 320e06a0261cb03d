import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { UserError } from '../../system/errors.ts';
import { explainDiskError } from '../../system/files.ts';
import { ANNOTATIONS_FILE, isImageFile } from './find-files.ts';

/** How much a zip may unpack to. A data set is far below, a zip bomb far above. */
export interface UnzipLimits {
  entries: number;
  bytesPerEntry: number;
  bytes: number;
}

const GIGABYTE = 1024 ** 3;
export const UNZIP_LIMITS: UnzipLimits = {
  entries: 1_000_000,
  bytesPerEntry: GIGABYTE,
  bytes: 64 * GIGABYTE,
};

const FILE_TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;

/**
 * Unpacks the images and annotation files of a zip into `folder`, one entry at a time, and nothing else.
 * An entry that would land outside, a symlink, an encrypted entry, a damaged one (its CRC-32 is checked) or a zip
 * over the limits fails the whole zip; the caller throws `folder` away then.
 * @throws UserError naming the zip, the entry and what to do
 */
export async function unzipSource(
  zipPath: string,
  folder: string,
  limits: UnzipLimits = UNZIP_LIMITS,
): Promise<void> {
  const refuse = (what: string, cause?: unknown) =>
    new UserError(`Cannot unpack ${zipPath}: ${what}`, { cause });
  await mkdir(folder, { recursive: true });
  let zip: ZipFile;
  try {
    zip = await openPromise(zipPath, { lazyEntries: true, autoClose: false });
  } catch (error) {
    throw refuse(
      `it is not a whole zip file (${(error as Error).message}); put a sound copy in its place`,
      error,
    );
  }
  try {
    await unpackEntries(zip, folder, limits, refuse);
  } catch (error) {
    const explained = explainDiskError(error, folder);
    if (explained instanceof UserError) throw explained;
    throw refuse(`it is damaged (${(error as Error).message}); put a sound copy in its place`, error);
  } finally {
    zip.close();
  }
}

type Refuse = (what: string) => UserError;

async function unpackEntries(
  zip: ZipFile,
  folder: string,
  limits: UnzipLimits,
  refuse: Refuse,
): Promise<void> {
  if (zip.entryCount > limits.entries) {
    throw refuse(`it has ${zip.entryCount} entries, more than the limit of ${limits.entries}`);
  }
  let bytes = 0;
  // yauzl itself refuses absolute names and names with "..", and a stream longer or shorter than the entry says.
  for await (const entry of zip.eachEntry()) {
    assertPlainEntry(entry, refuse);
    if (!isWanted(entry.fileName)) continue;
    bytes += entry.uncompressedSize;
    if (entry.uncompressedSize > limits.bytesPerEntry || bytes > limits.bytes) {
      throw refuse(
        `with "${entry.fileName}" it unpacks to ${bytes} bytes, over the limit of ${limits.bytesPerEntry} for an entry and ${limits.bytes} in all: it looks like a zip bomb`,
      );
    }
    await unpackEntry(zip, entry, join(folder, entry.fileName), refuse);
  }
}

function assertPlainEntry(entry: Entry, refuse: Refuse): void {
  if (((entry.externalFileAttributes >>> 16) & FILE_TYPE_MASK) === SYMLINK) {
    throw refuse(`"${entry.fileName}" is a symbolic link; pack the zip again with the files themselves`);
  }
  if (entry.isEncrypted()) {
    throw refuse(`"${entry.fileName}" is encrypted; pack the zip again without a password`);
  }
}

/** Leaves out folders, macOS's shadow files (`__MACOSX/._a.jpg`) and whatever else travels along. */
function isWanted(name: string): boolean {
  const base = basename(name);
  if (name.endsWith('/') || base.startsWith('.')) return false;
  return base === ANNOTATIONS_FILE || isImageFile(base);
}

async function unpackEntry(zip: ZipFile, entry: Entry, target: string, refuse: Refuse): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  let crc = 0;
  const checksum = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      await zip.openReadStreamPromise(entry),
      checksum,
      createWriteStream(target, { flags: 'wx' }),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw refuse(`it holds "${entry.fileName}" twice; pack the zip again without duplicates`);
    }
    throw error;
  }
  if (crc !== entry.crc32)
    throw refuse(`"${entry.fileName}" is damaged (its CRC-32 is wrong); put a sound copy in its place`);
}
