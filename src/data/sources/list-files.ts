import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';

const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff']);

/** By its name only; whether it decodes is checked later. */
export function isImageFile(name: string): boolean {
  return IMAGE_EXTENSIONS.has(extname(name).toLowerCase());
}

/** What COCO and Labelme (.json) and YOLO (.txt, .yaml) keep their annotations in, by its name only. */
export function isAnnotationFile(name: string): boolean {
  return ['.json', '.txt', '.yaml', '.yml'].includes(extname(name).toLowerCase());
}

/** Files and folders: more than any data set has, so that a link to the root of a disk is noticed. */
const MOST_ENTRIES = 2_000_000;

/**
 * Lists the files in a folder and below. Links are followed, to folders too: DVC may keep tracked files as links into
 * its cache. A link that leads nowhere, or back into a folder around it, is left out, as are hidden files and folders.
 * @param label what to call the folder in a message
 * @returns paths relative to the folder, with "/", sorted by code unit
 * @throws UserError where the folder cannot be read or does not end
 */
export async function listFiles(folder: string, label: string): Promise<string[]> {
  const walk: Walk = { folder, label, files: [], entries: 0 };
  await listBelow(walk, '', []);
  return walk.files.sort(byCodeUnit);
}

/** For sorting: the same order on every machine, unlike by locale. */
export function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

interface Walk {
  folder: string;
  label: string;
  files: string[];
  entries: number;
}

/** @param around real paths of the folders that this one lies in */
async function listBelow(walk: Walk, below: string, around: readonly string[]): Promise<void> {
  const real = await readable(walk, below, (path) => realpath(path));
  if (around.includes(real)) return;
  const entries = await readable(walk, below, (path) => readdir(path, { withFileTypes: true }));
  walk.entries += entries.length;
  if (walk.entries > MOST_ENTRIES) {
    throw new UserError(
      `${walk.label} holds more than ${MOST_ENTRIES} files: give the folder of the data set itself, and look for links that lead out of it`,
    );
  }
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    const kind = await kindOf(entry, join(walk.folder, name));
    if (kind === 'file') walk.files.push(name);
    if (kind === 'folder') await listBelow(walk, name, [...around, real]);
  }
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | undefined> {
  // A link that cannot be followed is no file: its image is then reported as missing.
  const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
  if (target?.isFile()) return 'file';
  return target?.isDirectory() ? 'folder' : undefined;
}

async function readable<T>(walk: Walk, below: string, read: (path: string) => Promise<T>): Promise<T> {
  try {
    return await read(join(walk.folder, below));
  } catch (error) {
    const place = below === '' ? walk.label : `${printable(below)} in ${walk.label}`;
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new UserError(`Cannot list ${place} (${reason}): it must be a folder that this user can read`, {
      cause: error,
    });
  }
}
