import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { findRuntime } from '../../system/tensorflow-probe.ts';

const SOURCES = join(import.meta.dirname, '../..');

/** The rooms of which training runs code that its numbers follow from; what is told and drawn is not among them. */
const ROOMS = ['data', 'evaluate', 'graph', 'loss', 'masks', 'model', 'ops', 'system', 'train'];

/** C++ of the addon, beside the sources. The addon itself would be another one with each compiler. */
const NATIVE = '../native';

/** npm's own list of what it has installed; unlike package-lock.json, the container has it, too. */
const INSTALLED = 'node_modules/.package-lock.json';

let known: Promise<string> | undefined;

/**
 * sha256 of the code that makes a run's numbers, as it was when this was first asked: it is what runs. The program's sources
 * and those of its addon, the packages that they use, and TensorFlow, by the folder of its library: it need not be loaded for
 * that.
 */
export function hashOfCode(): Promise<string> {
  known ??= findRuntime().then((runtime) => hashProgram(SOURCES, runtime));
  return known;
}

/**
 * @param sources folder of the rooms; `native` and `node_modules` lie beside it
 * @param runtime folder of TensorFlow's library, named by its version as set-up has it; null = unknown
 */
export async function hashProgram(sources: string, runtime: string | null): Promise<string> {
  const digest = createHash('sha256');
  for (const file of await filesOf([...ROOMS, NATIVE].map((folder) => join(sources, folder)))) {
    const content = await readFile(file);
    digest.update(`${relative(sources, file)}\0${content.length}\0`).update(content);
  }
  digest.update(JSON.stringify([await packagesIn(join(sources, '..')), versionOf(runtime)]));
  return digest.digest('hex');
}

async function filesOf(folders: readonly string[]): Promise<string[]> {
  const all = folders.map(async (folder) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  });
  return (await Promise.all(all)).flat();
}

interface Installed {
  packages: Record<string, { version: string; dev?: boolean; devOptional?: boolean }>;
}

/** @returns `path@version` of each package that is not for development alone, sorted; [] where npm has left no list */
async function packagesIn(root: string): Promise<string[]> {
  const text = await readFile(join(root, INSTALLED), 'utf8').catch(() => '{ "packages": {} }');
  const { packages } = JSON.parse(text) as Installed;
  return Object.entries(packages)
    .filter(([, { dev, devOptional }]) => !dev && !devOptional)
    .map(([path, { version }]) => `${path}@${version}`)
    .sort();
}

/** `2.21.0-cpu` → `2.21.0`: on what it runs is no part of what a run is, see the fingerprint's params. */
function versionOf(runtime: string | null): string | null {
  return runtime && (/^\d+(\.\d+)+/.exec(basename(runtime))?.[0] ?? null);
}
