import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { UserError } from '../../system/errors.ts';
import { explainDiskError } from '../../system/files.ts';
import type { Log } from '../../system/log.ts';
import { printable } from '../../system/printable.ts';
import { createCountProgress } from '../count-progress.ts';
import { isAnnotationFile, isImageFile } from './list-files.ts';
import { MOST_ANNOTATION_BYTES } from './read-text.ts';

/** How much a zip may unpack to. A data set is far below, a zip bomb far above. */
export interface UnzipLimits {
  entries: number;
  bytesPerImage: number;
  bytesPerAnnotationFile: number;
  /** In all. */
  bytes: number;
  /** In all, as a multiple of the zip's own size, where it is more than `freeBytes`. Images hardly get smaller in a zip. */
  ratio: number;
  freeBytes: number;
}

const GIGABYTE = 1024 ** 3;
export const UNZIP_LIMITS: UnzipLimits = {
  entries: 1_000_000,
  bytesPerImage: GIGABYTE,
  bytesPerAnnotationFile: MOST_ANNOTATION_BYTES,
  bytes: 64 * GIGABYTE,
  ratio: 100,
  freeBytes: GIGABYTE / 4,
};

interface UnzipOptions {
  limits?: UnzipLimits;
  log?: Log;
  signal?: AbortSignal | undefined;
}

const FILE_TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;

/**
 * Unpacks the images and annotation files of a zip into `folder`, one entry at a time, and nothing else.
 * An entry that would land outside, a symlink, an encrypted entry, a damaged one (its CRC-32 is checked) or a zip
 * over the limits fails the whole zip; the caller throws `folder` away then.
 * @param options.log is told how far it is; `options.signal` stops it
 * @throws UserError naming the zip, the entry and what to do
 */
export async function unzipSource(
  zipPath: string,
  folder: string,
  { limits = UNZIP_LIMITS, log, signal }: UnzipOptions = {},
): Promise<void> {
  const refuse = (what: string, cause?: unknown) =>
    new UserError(`Cannot unpack ${zipPath}: ${what}`, { cause });
  await mkdir(folder, { recursive: true });
  let zip: ZipFile;
  try {
    zip = await openPromise(zipPath, { lazyEntries: true, autoClose: false });
  } catch (error) {
    throw refuse(
      `it is not a whole zip file (${printable((error as Error).message)}); put a sound copy in its place`,
      error,
    );
  }
  const progress = log && createCountProgress('Unpacking', zip.entryCount, log);
  const onEntry = () => {
    signal?.throwIfAborted();
    progress?.add();
  };
  try {
    await unpackEntries(zip, folder, limits, { refuse, onEntry });
  } catch (error) {
    signal?.throwIfAborted();
    const explained = explainDiskError(error, folder);
    if (explained instanceof UserError) throw explained;
    throw refuse(
      `it is damaged (${printable((error as Error).message)}); put a sound copy in its place`,
      error,
    );
  } finally {
    progress?.stop();
    zip.close();
  }
}

type Refuse = (what: string) => UserError;

async function unpackEntries(
  zip: ZipFile,
  folder: string,
  limits: UnzipLimits,
  { refuse, onEntry }: { refuse: Refuse; onEntry: () => void },
): Promise<void> {
  if (zip.entryCount > limits.entries) {
    throw refuse(`it has ${zip.entryCount} entries, more than the limit of ${limits.entries}`);
  }
  const mostBytes = Math.min(limits.bytes, Math.max(limits.freeBytes, limits.ratio * zip.fileSize));
  let [bytes, packedBytes] = [0, 0];
  // yauzl itself refuses absolute names and names with "..", and a stream longer or shorter than the entry says.
  for await (const entry of zip.eachEntry()) {
    onEntry();
    assertPlainEntry(entry, refuse);
    if (!isWanted(entry.fileName)) continue;
    bytes += entry.uncompressedSize;
    packedBytes += entry.compressedSize;
    const limit = isAnnotationFile(entry.fileName) ? limits.bytesPerAnnotationFile : limits.bytesPerImage;
    if (entry.uncompressedSize > limit || bytes > mostBytes) {
      throw refuse(
        `with "${shown(entry)}" it unpacks to ${bytes} bytes, over the limit of ${limit} for this entry or of ${mostBytes} in all: it looks like a zip bomb`,
      );
    }
    if (packedBytes > zip.fileSize) {
      throw refuse(`entries up to "${shown(entry)}" share their bytes: it looks like a zip bomb`);
    }
    await unpackEntry(zip, entry, join(folder, entry.fileName), refuse);
  }
}

function assertPlainEntry(entry: Entry, refuse: Refuse): void {
  if (((entry.externalFileAttributes >>> 16) & FILE_TYPE_MASK) === SYMLINK) {
    throw refuse(`"${shown(entry)}" is a symbolic link; pack the zip again with the files themselves`);
  }
  if (entry.isEncrypted()) {
    throw refuse(`"${shown(entry)}" is encrypted; pack the zip again without a password`);
  }
}

/** Names are others' text. */
function shown({ fileName }: Entry): string {
  return printable(fileName);
}

/** Leaves out folders, macOS's shadow files (`__MACOSX/._a.jpg`) and whatever else travels along. */
function isWanted(name: string): boolean {
  const base = basename(name);
  if (name.endsWith('/') || base.startsWith('.')) return false;
  return isImageFile(base) || isAnnotationFile(base);
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
      throw refuse(`it holds "${shown(entry)}" twice; pack the zip again without duplicates`);
    }
    throw error;
  }
  if (crc !== entry.crc32)
    throw refuse(`"${shown(entry)}" is damaged (its CRC-32 is wrong); put a sound copy in its place`);
}
