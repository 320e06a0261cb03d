import { type Dirent, readdirSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { hubAccessFromEnvironment } from '../hub/hub-access.ts';
import type { Params } from '../params/schema.ts';
import { UsageError } from '../system/errors.ts';
import { assertWritable } from '../system/files.ts';
import { printable } from '../system/printable.ts';
import { followLinks } from '../system/replace-folder.ts';
import { SPLITS } from './prepared.ts';

const MANIFEST = 'manifest.json';
const IMAGES = 'images';
/** What a prepared data set consists of, besides the folder of images. */
const OWN_FILES: ReadonlySet<string> = new Set([MANIFEST, ...SPLITS.map((split) => `${split}.json`)]);
const OWN_SHARDS = new RegExp(`^(${SPLITS.join('|')})-\\d{3,}\\.tar$`);

/**
 * `paths.prepared` is replaced as a whole. A slip in params.yaml must not cost anybody their files, so it may be
 * absent, empty, or a prepared data set, and nothing that is read may lie in it. Whether it can be written is found
 * out here too, before a long download.
 * @throws UsageError naming the params key; UserError where the place cannot be written
 */
export async function assertReplaceable(params: Params): Promise<void> {
  await assertNoInputInside(params);
  const { prepared } = params.paths;
  assertNothingForeign(prepared);
  // It is put in place by renaming, so it is the folder around it that must be writable.
  await assertWritable(dirname(await followLinks(prepared)));
}

/**
 * Also for the moment before it is replaced: somebody may have put files there during the work. Nothing else of this
 * process runs meanwhile.
 * @param prepared absent, empty, or a prepared data set
 * @throws UsageError naming a file or folder in it that data-prep did not write
 */
export function assertNothingForeign(prepared: string): void {
  const foreign = foreignIn(prepared);
  if (foreign === undefined) return;
  throw new UsageError(
    `paths.prepared (${prepared}) holds files that data-prep did not write, e.g. ${printable(foreign)}, and would be replaced: choose another folder, or empty it`,
  );
}

/** @returns the first, as a path inside it; anything at all where there is no manifest */
function foreignIn(prepared: string): string | undefined {
  const entries = entriesIn(prepared);
  const hasManifest = entries.some(({ name }) => name === MANIFEST);
  for (const entry of entries) {
    const { name } = entry;
    if (name === IMAGES && entry.isDirectory()) {
      const inside = entriesIn(join(prepared, name)).find(
        (image) => image.isDirectory() || !OWN_SHARDS.test(image.name),
      );
      if (inside !== undefined) return join(name, inside.name);
    } else if (entry.isDirectory() || !OWN_FILES.has(name)) return name;
  }
  return hasManifest ? undefined : entries[0]?.name;
}

async function assertNoInputInside({ paths, data }: Params): Promise<void> {
  const inputs: [key: string, path: string][] = [
    ...(data.source === 'hub'
      ? [['HF_HOME', hubAccessFromEnvironment().cacheFolder] satisfies [string, string]]
      : []),
    ...(data.source === 'local' ? [['data.path', data.path!] satisfies [string, string]] : []),
    ...data.custom.map((path): [string, string] => ['data.custom', path]),
  ];
  for (const [key, path] of inputs) {
    if (isInside(await realOrResolved(path), await realOrResolved(paths.prepared))) {
      throw new UsageError(
        `paths.prepared (${paths.prepared}) is replaced by data-prep, and ${key} (${path}) lies in it: choose another folder`,
      );
    }
  }
}

/** Whether a path is the folder or lies in it; both absolute, without links. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way.split(sep)[0] !== '..' && !isAbsolute(way);
}

/** Without links where it exists, and absolute in any case. */
export async function realOrResolved(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

/** By name. */
function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new UsageError(`Cannot read ${folder} (paths.prepared): ${(error as Error).message}`, {
      cause: error,
    });
  }
}
