import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';

/** Paths of the programs called `name` on PATH, in PATH's order; `without` is a folder whose programs do not count. */
export function programsOnPath(name: string, path: string, without?: string): string[] {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '' && !(without && `${folder}${sep}`.startsWith(`${without}${sep}`)))
    .map((folder) => join(folder, name))
    .filter(isProgram);
}

/** Is there a file that may be run? */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
