import type { Split } from '../prepared.ts';

const SPLIT_NAMES: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  val: 'valid',
  valid: 'valid',
  validation: 'valid',
  test: 'test',
  testing: 'test',
};

/** @returns the split that a folder is named after, in any case, also with a year (`val2017`); null for other names */
export function splitOfName(name: string): Split | null {
  const key = name.toLowerCase().replace(/\d{4}$/, '');
  return Object.hasOwn(SPLIT_NAMES, key) ? SPLIT_NAMES[key]! : null;
}

/** @returns the split of the first folder of a path with "/" that is named after one; the file's own name does not count */
export function splitOfFolders(path: string): Split | null {
  for (const folder of path.split('/').slice(0, -1)) {
    const split = splitOfName(folder);
    if (split !== null) return split;
  }
  return null;
}

/** @returns the split of an annotation file: of its folders, or else of a word in its name (`instances_val2017.json`) */
export function splitOfFile(path: string): Split | null {
  const words = path.slice(path.lastIndexOf('/') + 1).split(/[^A-Za-z0-9]+/);
  return splitOfFolders(path) ?? words.map(splitOfName).find((split) => split !== null) ?? null;
}
