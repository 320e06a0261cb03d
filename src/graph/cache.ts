/**
 * Graphs on disk, each in a folder named by the hash of all that it follows from: a second start with the same code, shapes
 * and options loads it instead of recording again. Several processes may share a folder of graphs.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where graphs are kept, and what they follow from besides what this room knows. */
export interface GraphCache {
  folder: string;
  /** Everything that the functions close over and that shapes the graph: params, sizes, names. What JSON can write. */
  key: unknown;
  /** Folders with the code of the functions: a change of any file in them makes another graph. */
  sources: readonly string[];
}

/** Entries that are kept; the ones used longest ago go first. */
const MOST_ENTRIES = 16;
/** Names of entries, and of those that are being written. Nothing else in the folder is touched. */
const ENTRY = /^([0-9a-f]{64}|part-.*)$/;
/** TensorFlow's own name inside of a SavedModel's folder. */
const GRAPH_FILE = 'saved_model.pb';
const SPEC_FILE = 'program.json';

/** A graph as it is kept. */
export interface CachedGraph<Spec> {
  savedModel: Uint8Array;
  /** What the graph does not tell by itself; JSON can write it. */
  spec: Spec;
}

/** The content of `SPEC_FILE`. */
interface Entry<Spec> {
  /** Of `GRAPH_FILE`: a power cut can leave a file that is empty or torn. */
  sha256: string;
  spec: Spec;
}

/**
 * @param known what this room knows of the program; what JSON can write
 * @returns a hash in hexadecimal digits
 * @throws TypeError for a key that JSON would write as something else, such as Infinity
 */
export async function cacheKey({ key, sources }: GraphCache, known: unknown): Promise<string> {
  const digest = createHash('sha256');
  digest.update(JSON.stringify([known, key], assertWritable));
  for (const folder of [import.meta.dirname, ...sources]) await hashFolder(digest, folder);
  return digest.digest('hex');
}

/** JSON writes null for numbers that are not finite, {} for maps, and nothing for functions: two keys would be one. */
function assertWritable(name: string, value: unknown): unknown {
  const isLost =
    (typeof value === 'number' && !Number.isFinite(value)) ||
    ['function', 'symbol', 'bigint'].includes(typeof value) ||
    value instanceof Map ||
    value instanceof Set;
  if (isLost)
    throw new TypeError(`The cache's key holds ${String(value)} at "${name}", which JSON cannot write`);
  return value;
}

async function hashFolder(digest: Hash, folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const file of files.sort()) {
    const content = await readFile(file);
    digest.update(`${file.slice(folder.length)}\0${content.length}\0`);
    digest.update(content);
  }
}

/** @returns what the entry says about its graph; null where there is none, or none that is whole */
export async function findCached<Spec>(folder: string): Promise<Spec | null> {
  try {
    const { sha256, spec } = JSON.parse(await readFile(join(folder, SPEC_FILE), 'utf8')) as Entry<Spec>;
    if (sha256 !== hash('sha256', await readFile(join(folder, GRAPH_FILE)))) return null;
    const now = new Date();
    // In a folder that is only read, the entry serves all the same.
    await utimes(folder, now, now).catch(() => {});
    return spec;
  } catch {
    return null;
  }
}

/**
 * Writes an entry aside and renames it into place, unless another process has put the same one there meanwhile; forgets
 * the oldest where there are too many.
 * @throws the file system's error, where the folder cannot be written
 */
export async function storeGraph<Spec>(
  folder: string,
  { savedModel, spec }: CachedGraph<Spec>,
): Promise<void> {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  const aside = await mkdtemp(join(parent, 'part-'));
  try {
    const entry: Entry<Spec> = { sha256: hash('sha256', savedModel), spec };
    await writeFile(join(aside, GRAPH_FILE), savedModel);
    await writeFile(join(aside, SPEC_FILE), JSON.stringify(entry));
    await moveInto(folder, aside);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  await forgetOldest(parent, basename(folder));
}

/** An entry that is whole is never taken away: another process may be about to load it. */
async function moveInto(folder: string, aside: string): Promise<void> {
  try {
    await rename(aside, folder);
  } catch (error) {
    if (await findCached(folder)) return;
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
  }
}

async function forgetOldest(parent: string, keep: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => ENTRY.test(name) && name !== keep);
  const entries = await Promise.all(
    names.map(async (name) => ({ name, used: await lastUse(join(parent, name)) })),
  );
  const old = entries.sort((a, b) => b.used - a.used).slice(MOST_ENTRIES - 1);
  await Promise.all(old.map(({ name }) => rm(join(parent, name), { recursive: true, force: true })));
}

/** @returns 0 for an entry that another process has taken away meanwhile */
async function lastUse(entry: string): Promise<number> {
  return stat(entry).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
