/**
 * The entries of the lists in a JSON file, one by one: COCO files are larger than the texts that V8 can hold, and the
 * values in them take several times their room.
 *
 * A parser of streams from npm was tried and left: docs/decisions says why, with figures.
 */
import { closeSync, openSync, statSync } from 'node:fs';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import { type JsonWindow, nextCharacter, openWindow, skipValue, takeValue } from './json-window.ts';

/** One entry of a list. */
export interface JsonEntry {
  /** Of the file, for messages. */
  path: string;
  /** The list's key; null where the file itself is the list. */
  list: string | null;
  index: number;
  value: unknown;
}

/** Which entries are read. */
export interface EntriesOptions {
  /** Keys of the lists in a file that is an object; what else is in there is passed over. null: the file is one list. */
  lists: readonly string[] | null;
  /** The kind of file in a few words, with what to do where it is not. */
  expected: string;
  /** Gets the keys of the lists that are there, with entries or without. */
  found?: Set<string>;
}

/**
 * Reads NaN and Infinity too, which Python writes and JSON has not.
 * @throws UserError where the file cannot be read, is of the other kind or is not JSON, naming the place
 */
export function* readEntries(path: string, options: EntriesOptions): Generator<JsonEntry> {
  const file = openFile(path);
  try {
    yield* entriesOf({ path, window: openWindow(file) }, options);
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(path, error);
  } finally {
    closeSync(file);
  }
}

interface Source {
  path: string;
  window: JsonWindow;
}

function* entriesOf(source: Source, { lists, expected, found }: EntriesOptions): Generator<JsonEntry> {
  const { path, window } = source;
  if (window.isUtf16)
    throw new UserError(`${path} is UTF-16, and JSON is UTF-8: write the file again as UTF-8`);
  const first = nextCharacter(window);
  if (first === '') throw new UserError(`${path} is empty: expected ${expected}`);
  if (first !== '[' && first !== '{') throw notJson(source, 'at its beginning');
  const kind = first === '[' ? 'a list' : 'an object';
  if ((first === '[') !== (lists === null)) throw new UserError(`${path} is ${kind}: expected ${expected}`);
  window.at++;
  if (lists === null) yield* listEntries(source, null);
  else yield* objectEntries(source, lists, found);
  if (nextCharacter(window) !== '') throw notJson(source, 'after its end');
}

function* objectEntries(
  source: Source,
  lists: readonly string[],
  found: Set<string> | undefined,
): Generator<JsonEntry> {
  const { path, window } = source;
  if (takeIf(window, '}')) return;
  const seen = new Set<string>();
  for (let before = 'at its beginning'; ; ) {
    if (nextCharacter(window) !== '"') throw notJson(source, before);
    const key = parse(taken(source, before), `${path}: a key`) as string;
    const place = `after the key "${printable(key)}"`;
    if (!takeIf(window, ':')) throw notJson(source, place);
    const next = nextCharacter(window);
    if (next === '') throw notJson(source, place);
    if (lists.includes(key)) {
      if (next !== '[') throw new UserError(`${path}: ${key} must be a list, as in every COCO file`);
      if (seen.has(key))
        throw new UserError(`${path} has the key "${key}" twice: leave one of the lists out`);
      seen.add(key);
      found?.add(key);
      window.at++;
      yield* listEntries(source, key);
    } else if (!skipValue(window)) {
      throw notJson(source, place);
    }
    before = `after the value of "${printable(key)}"`;
    if (takeIf(window, '}')) return;
    if (!takeIf(window, ',')) throw notJson(source, before);
  }
}

/** From behind the opening bracket to behind the closing one. */
function* listEntries(source: Source, list: string | null): Generator<JsonEntry> {
  const { path, window } = source;
  if (takeIf(window, ']')) return;
  for (let index = 0; ; index++) {
    const name = entryName({ list, index });
    const value = parse(taken(source, `in ${name}`), `${path}: ${name}`);
    yield { path, list, index, value };
    if (takeIf(window, ']')) return;
    if (!takeIf(window, ',')) throw notJson(source, `after ${name}`);
  }
}

/** @returns e.g. `annotations[3]`, or `entry 3` of a file that is a list; both count from 0 */
export function entryName({ list, index }: Pick<JsonEntry, 'list' | 'index'>): string {
  return list === null ? `entry [${index}]` : `${list}[${index}]`;
}

function takeIf(window: JsonWindow, character: string): boolean {
  if (nextCharacter(window) !== character) return false;
  window.at++;
  return true;
}

/** The text of the value that comes next. */
function taken(source: Source, place: string): string {
  if (nextCharacter(source.window) === '') throw notJson(source, place);
  let text: string | null;
  try {
    text = takeValue(source.window);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(`${source.path}: the value ${place} ${error.message}: write the file again`, {
      cause: error,
    });
  }
  if (text === null) throw notJson(source, place);
  return text;
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const value = parsePython(text);
    if (value !== undefined) return value;
    const reason = printable((error as Error).message);
    throw new UserError(`${name} is not JSON (${reason}): write the file again`, { cause: error });
  }
}

/** Texts with what they hold, and the numbers that Python writes without asking. */
const TEXTS_AND_LITERALS = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;
/** No COCO file has a text with this in it. */
const MARK = '\u0000number:';

/** @returns undefined where it is not JSON either way */
function parsePython(text: string): unknown {
  const marked = text.replace(TEXTS_AND_LITERALS, (found) =>
    found.startsWith('"') ? found : JSON.stringify(MARK + found),
  );
  if (marked === text) return undefined;
  const unmark = (_: string, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value;
  try {
    return JSON.parse(marked, unmark);
  } catch {
    return undefined;
  }
}

function notJson({ path, window }: Source, place: string): UserError {
  const offset = window.before + window.at;
  const next = nextCharacter(window);
  if (next === '') {
    return new UserError(
      `${path} ends too early, ${place} (${offset} bytes): it is cut off, copy or write it again`,
    );
  }
  return new UserError(
    `${path} is not JSON: unexpected ${quoted(next)} ${place} (byte ${offset}): write the file again`,
  );
}

/** @param character one byte: from 127 on, no character of its own that can be shown */
function quoted(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x7f ? JSON.stringify(character) : `byte 0x${code.toString(16)}`;
}

const FILE_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: check the path',
  ENOTDIR: 'a file on the way to it is no folder: check the path',
  EACCES: 'permission denied: make it readable for this user',
  EISDIR: 'it is a folder: name the file in it',
  EIO: 'the disk fails: check it, or copy the file to another',
  ESTALE: 'it was replaced meanwhile: run the command again',
};

/** Looks at it first: opening a pipe waits for who writes into it. */
function openFile(path: string): number {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return openSync(path, 'r');
    const reason = stats.isDirectory() ? FILE_REASONS.EISDIR : 'it is no regular file: write it to one';
    throw new UserError(`Cannot read ${path}: ${reason}`);
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(path, error);
  }
}

/** @returns anything but an error of the disk as it is */
function unreadable(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return new UserError(`Cannot read ${path}: ${FILE_REASONS[code] ?? `${code}: name another file`}`, {
    cause: error,
  });
}
