import { readdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { hubAccessFromEnvironment } from '../hub/hub-access.ts';
import type { Params } from '../params/schema.ts';
import { UsageError } from '../system/errors.ts';
import { assertWritable } from '../system/files.ts';
import { followLinks } from '../system/replace-folder.ts';
import { SPLITS } from './prepared.ts';

const MANIFEST = 'manifest.json';
/** What a prepared data set consists of. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  MANIFEST,
  'images',
  ...SPLITS.map((split) => `${split}.json`),
]);

/**
 * `paths.prepared` is replaced as a whole. A slip in params.yaml must not cost anybody their files, so it may be
 * absent, empty, or a prepared data set, and nothing that is read may lie in it. Whether it can be written is found
 * out here too, before a long download.
 * @throws UsageError naming the params key; UserError where the place cannot be written
 */
export async function assertReplaceable(params: Params): Promise<void> {
  await assertNoInputInside(params);
  const { prepared } = params.paths;
  const names = await namesIn(prepared);
  const foreign = names.find((name) => !OWN_NAMES.has(name)) ?? names.find(() => !names.includes(MANIFEST));
  if (foreign !== undefined) {
    throw new UsageError(
      `paths.prepared (${prepared}) holds files that data-prep did not write, e.g. ${foreign}, and would be replaced: choose another folder, or empty it`,
    );
  }
  // It is put in place by renaming, so it is the folder around it that must be writable.
  await assertWritable(dirname(await followLinks(prepared)));
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

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way);
}

async function realOrResolved(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new UsageError(`Cannot read ${folder} (paths.prepared): ${(error as Error).message}`, {
      cause: error,
    });
  }
}
