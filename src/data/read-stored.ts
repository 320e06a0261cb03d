import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../system/errors.ts';
import type { StoredBytes } from './prepared.ts';

/** Shards that are kept open in each thread: with 256 MiB each, 16 GiB of images are read without opening any anew. */
const MOST_OPEN = 64;

/** By path; the one used last comes last. */
const openShards = new Map<string, Promise<FileHandle>>();

/**
 * The bytes of one image, in one read at their place. In every thread it keeps shards open, the same for all readers;
 * calls may overlap.
 * @throws UserError where the shard is missing, cannot be read, or is shorter than it was
 */
export async function readStored({ shard, offset, length }: StoredBytes): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  const bytesRead = await readAt(shard, bytes, offset).catch((error: Error) => {
    throw new UserError(`Cannot read ${shard}: ${error.message}: run \`aerial data-prep\` again`, {
      cause: error,
    });
  });
  if (bytesRead === length) return bytes;
  throw new UserError(
    `${shard} has only ${bytesRead} of the ${length} bytes from ${offset} on: run \`aerial data-prep\` again`,
  );
}

/**
 * Closes what `readStored` keeps open in this thread, so that the next read opens the shards anew: for whoever replaces
 * or removes them. Reads that are under way end as if nothing had happened.
 */
export async function closeStored(): Promise<void> {
  await Promise.all([...openShards.keys()].map(close));
}

async function readAt(path: string, bytes: Buffer, offset: number): Promise<number> {
  const file = await openShard(path);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
  return bytesRead;
}

function openShard(path: string): Promise<FileHandle> {
  const known = openShards.get(path);
  const file = known ?? open(path);
  // What is missing now may be there at the next read.
  if (!known) file.catch(() => openShards.get(path) === file && openShards.delete(path));
  openShards.delete(path);
  openShards.set(path, file);
  const [oldest] = openShards.keys();
  if (openShards.size > MOST_OPEN) void close(oldest!);
  return file;
}

/** Whoever has asked for the file before begins to read before it is closed, and closing waits for all reads. */
async function close(path: string): Promise<void> {
  const opened = openShards.get(path);
  openShards.delete(path);
  const file = await opened?.catch(() => null);
  await file?.close();
}
