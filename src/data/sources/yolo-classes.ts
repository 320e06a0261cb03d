import { extname, join, posix } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import { SPLITS, type Split } from '../prepared.ts';
import { readBytes } from './read-text.ts';
import type { SourceFolder } from './reading.ts';
import { splitOfName } from './split-name.ts';

/** What a YOLO data set says about itself. */
export interface YoloClasses {
  /** The file that says it, below the source's folder. */
  path: string;
  /** Class -> name. */
  names: ReadonlyMap<number, string>;
  /** Where its folders and lists start, as the file says (`path`); null where it does not. */
  root: string | null;
  /** Folders or lists of images as the file calls them, of each split that it names. */
  splits: ReadonlyMap<Split, readonly string[]>;
}

const folders = z.union([z.string().transform((one) => [one]), z.array(z.string())]).nullish();
const dataSchema = z.object({
  path: z.string().nullable().catch(null),
  names: z.union([z.array(z.string()), z.record(z.string().regex(/^\d+$/), z.string())]),
  train: folders,
  val: folders,
  valid: folders,
  validation: folders,
  test: folders,
});

/** The longest that is read as a description of a data set. */
const MOST_BYTES = 1024 ** 2;

/**
 * Reads `data.yaml` (of any name, as long as it has `names`: a list or a map from class to name), or `classes.txt`.
 * @param files of the source, below its folder
 * @returns undefined where there is neither
 * @throws UserError where several files name the classes differently, or `data.yaml` is no YAML
 */
export async function readYoloClasses(
  source: SourceFolder,
  files: readonly string[],
): Promise<YoloClasses | undefined> {
  const found: YoloClasses[] = [];
  for (const path of files) {
    if (!['.yaml', '.yml'].includes(extname(path).toLowerCase())) continue;
    const classes = await readDataYaml(source, path);
    if (classes !== undefined) found.push(classes);
  }
  for (const path of found.length > 0 ? [] : files.filter(isClassList)) {
    const names = (await readSmall(source, path)).split('\n').map((name) => name.trim());
    const splits = new Map<Split, string[]>();
    found.push({ path, root: null, names: new Map(names.filter((name) => name !== '').entries()), splits });
  }
  const [first, ...others] = found;
  for (const other of others) {
    if (JSON.stringify([...other.names]) === JSON.stringify([...first!.names])) continue;
    throw new UserError(
      `${source.label} names its classes twice and differently, in ${printable(first!.path)} and ${printable(other.path)}: keep one, or give each data set a folder of its own`,
    );
  }
  return first;
}

/** What labelImg writes beside the labels. */
export function isClassList(path: string): boolean {
  return posix.basename(path) === 'classes.txt';
}

async function readDataYaml(source: SourceFolder, path: string): Promise<YoloClasses | undefined> {
  const isNamedSo = posix.basename(path, extname(path)).toLowerCase() === 'data';
  const text = await readSmall(source, path, isNamedSo);
  let value: unknown;
  try {
    value = parse(text, { logLevel: 'error' });
  } catch (error) {
    if (!isNamedSo) return undefined;
    throw new UserError(
      `${printable(path)} of ${source.label} is not YAML (${printable((error as Error).message.split('\n', 1)[0]!)}): export the data set again`,
      { cause: error },
    );
  }
  const result = dataSchema.safeParse(value);
  if (!result.success) return undefined;
  const { names, path: root, ...lists } = result.data;
  const pairs = Array.isArray(names)
    ? [...names.entries()]
    : Object.entries(names).map(([id, name]) => [Number(id), name] as const);
  const splits = new Map<Split, string[]>(SPLITS.map((split) => [split, []]));
  for (const [key, list] of Object.entries(lists)) {
    splits.get(splitOfName(key)!)!.push(...(list ?? []).filter((entry) => entry.trim() !== ''));
  }
  return { path, root, names: new Map(pairs), splits };
}

/** @returns the text; an empty one where it is too long and need not be what we look for */
async function readSmall(source: SourceFolder, path: string, isWanted = true): Promise<string> {
  const label = `${printable(path)} of ${source.label}`;
  const bytes = await readBytes(join(source.folder, path), label);
  if (bytes.length <= MOST_BYTES) return bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (!isWanted) return '';
  throw new UserError(
    `${label} has ${bytes.length} bytes, and names of classes at most ${MOST_BYTES}: export the data set again`,
  );
}
