import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, '../..');

/** The rooms of which training runs code that its numbers follow from; what is told and drawn is not among them. */
const ROOMS = ['data', 'evaluate', 'graph', 'loss', 'masks', 'model', 'ops', 'system', 'train'];

let known: Promise<string> | undefined;

/** sha256 of the sources that make a run's numbers, as they were when this was first asked: they are what runs. */
export function hashOfCode(): Promise<string> {
  known ??= hashFolders(ROOMS.map((room) => join(SOURCES, room)));
  return known;
}

async function hashFolders(folders: readonly string[]): Promise<string> {
  const digest = createHash('sha256');
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.sort()) {
      const content = await readFile(file);
      digest.update(`${file.slice(SOURCES.length)}\0${content.length}\0`).update(content);
    }
  }
  return digest.digest('hex');
}
