import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pack } from 'tar-stream';
import type { StoredFile } from './manifest.ts';

/** Bytes of a shard, unless a single image needs more: small enough to copy about, large enough for few of them. */
export const SHARD_BYTES = 256 * 2 ** 20;

/** Unix's owner and time would differ from machine to machine. */
const FIXED = { mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) } as const;
/** Two blocks of zeros, which programs that read tar files expect. */
const END = Buffer.alloc(1024);
const BLOCK = 512;
/** Digits of a shard's number, so that names sort as numbers. */
const NUMBER_DIGITS = 3;

/** Where an image went. */
export interface Place {
  /** Path of the shard inside the data set's folder, with "/". */
  shard: string;
  offset: number;
  length: number;
}

/** Tar files that are being written, one after the other. */
export interface ShardWriter {
  /** One at a time: the next after the promise of the one before. */
  add(name: string, content: Buffer): Promise<Place>;
  /** Ends the last shard. @returns all of them by path; synced to the disk */
  finish(): Promise<Record<string, StoredFile>>;
  /** Lets go of a shard that will not be finished. */
  abandon(): Promise<void>;
}

interface Shard {
  path: string;
  file: FileHandle;
  hash: Hash;
  size: number;
}

/**
 * Packs files into `<prefix>-000.tar`, `<prefix>-001.tar` ... below `folder`; the same files in the same order give the
 * same bytes.
 * @param prefix path inside the folder, with "/"
 * @param limit bytes from which on a new shard is begun
 */
export function createShardWriter(folder: string, prefix: string, limit = SHARD_BYTES): ShardWriter {
  const finished: Record<string, StoredFile> = {};
  let shard: Shard | null = null;
  let count = 0;
  const finishShard = async () => {
    if (shard === null) return;
    await append(shard, END);
    await shard.file.sync();
    await shard.file.close();
    finished[shard.path] = { size: shard.size, sha256: shard.hash.digest('hex') };
    shard = null;
  };
  const begin = async (): Promise<Shard> => {
    const path = `${prefix}-${String(count++).padStart(NUMBER_DIGITS, '0')}.tar`;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    return { path, file: await open(join(folder, path), 'wx'), hash: createHash('sha256'), size: 0 };
  };
  return {
    add: async (name, content) => {
      const { entry, start } = await encodeEntry(name, content);
      if (shard !== null && shard.size + entry.length + END.length > limit) await finishShard();
      shard ??= await begin();
      const place = { shard: shard.path, offset: shard.size + start, length: content.length };
      await append(shard, entry);
      return place;
    },
    finish: async () => {
      await finishShard();
      return finished;
    },
    abandon: async () => {
      await shard?.file.close();
      shard = null;
    },
  };
}

async function append(shard: Shard, bytes: Buffer): Promise<void> {
  shard.hash.update(bytes);
  await shard.file.writeFile(bytes);
  shard.size += bytes.length;
}

/**
 * Header, content and padding of one file in a tar. Long names and names beyond ASCII take headers of several blocks;
 * the content's place is counted from the end, so it holds for all of them.
 */
async function encodeEntry(name: string, content: Buffer): Promise<{ entry: Buffer; start: number }> {
  const tar = pack();
  tar.entry({ name, size: content.length, type: 'file', ...FIXED }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const entry = Buffer.concat(chunks).subarray(0, -END.length);
  return { entry, start: entry.length - Math.ceil(content.length / BLOCK) * BLOCK };
}
