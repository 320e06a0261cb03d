/**
 * Graphs on disk, each in a folder named by the hash of all that it follows from: a second start with the same code, shapes
 * and options loads it instead of recording again.
 */
import { createHash, type Hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where graphs are kept, and what they follow from besides what this room knows. */
export interface GraphCache {
  folder: string;
  /** Everything that the functions close over and that shapes the graph: params, sizes, names. Anything JSON can write. */
  key: unknown;
  /** Folders with the code of the functions: a change of any file in them makes another graph. */
  sources: readonly string[];
}

/** Entries that are kept; the ones used longest ago go first. */
const MOST_ENTRIES = 16;
/** TensorFlow's own names inside of a SavedModel's folder. */
const GRAPH_FILE = 'saved_model.pb';
const SPEC_FILE = 'program.json';

/** A graph as it is kept. */
export interface CachedGraph<Spec> {
  savedModel: Uint8Array;
  spec: Spec;
}

/** A hash of values, in order. */
export async function cacheKey(cache: GraphCache, known: unknown): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([known, cache.key]));
  for (const folder of [import.meta.dirname, ...cache.sources]) await hashFolder(hash, folder);
  return hash.digest('hex');
}

async function hashFolder(hash: Hash, folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  for (const file of files.sort()) {
    hash.update(file.slice(folder.length));
    hash.update(await readFile(file));
  }
}

/** @returns what the entry says about its graph; null where there is none, or none that is whole */
export async function findCached<Spec>(folder: string): Promise<Spec | null> {
  try {
    await stat(join(folder, GRAPH_FILE));
    const spec = JSON.parse(await readFile(join(folder, SPEC_FILE), 'utf8')) as Spec;
    const now = new Date();
    await utimes(folder, now, now);
    return spec;
  } catch {
    return null;
  }
}

/** Writes an entry aside and renames it into place; forgets the oldest where there are too many. */
export async function storeGraph<Spec>(folder: string, { savedModel, spec }: CachedGraph<Spec>): Promise<void> {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  const aside = await mkdtemp(join(parent, 'part-'));
  await writeFile(join(aside, GRAPH_FILE), savedModel);
  await writeFile(join(aside, SPEC_FILE), JSON.stringify(spec));
  // A broken entry is in the way of the rename; another process's entry of the same name is as good as ours.
  await rm(folder, { recursive: true, force: true });
  await rename(aside, folder).catch(() => rm(aside, { recursive: true, force: true }));
  await forgetOldest(parent, basename(folder));
}

async function forgetOldest(parent: string, keep: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name !== keep);
  const entries = await Promise.all(
    names.map(async (name) => ({ name, used: (await stat(join(parent, name))).mtimeMs })),
  );
  const old = entries.sort((a, b) => b.used - a.used).slice(MOST_ENTRIES - 1);
  await Promise.all(old.map(({ name }) => rm(join(parent, name), { recursive: true, force: true })));
}
