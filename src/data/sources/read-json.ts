import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import { readBytes } from './read-text.ts';

/** Levels of lists and objects: COCO has 5. */
const MOST_DEPTH = 100;

/**
 * Bytes that the values of a file may take in memory, with what is made of them: a short text such as `[[],[],...` takes
 * twenty times its length. Six hundred thousand buildings of four corners are within it.
 */
const MOST_MEMORY = 384 * 1024 ** 2;
/** Measured on files full of images, of annotations, of numbers and of empty lists: what one value takes, roughly. */
const MEMORY = { object: 200, list: 40, value: 14 };

/** Different keys in a file: COCO has about thirty. With millions of them, V8 takes minutes and gigabytes. */
const MOST_KEYS = 10_000;

/**
 * Reads JSON as Python writes it too: with a byte order mark, or with NaN and Infinity, which become null.
 * @param label what to call the file in a message
 * @throws UserError where it is no JSON, or so large or deep that it would take all memory
 */
export async function readJson(path: string, label: string): Promise<unknown> {
  const bytes = await readBytes(path, label);
  assertModest(bytes, label);
  return parse(bytes.toString('utf8').replace(/^\uFEFF/, ''), label);
}

function parse(text: string, label: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const plain = text.replace(/(?<=[[,:]\s*)(?:NaN|-?Infinity)(?=\s*[\],}])/g, 'null');
    if (plain !== text) return parse(plain, label);
    throw new UserError(
      `${label} is not JSON (${printable((error as Error).message)}): export the annotations again, or take the file away`,
      { cause: error },
    );
  }
}

/** Of the hash FNV-1a, which tells keys apart. */
const FNV_PRIME = 0x01000193;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Goes over the bytes before they are parsed, when it is still cheap to say no. */
function assertModest(bytes: Buffer, label: string): void {
  const { deepest, lists, objects, values, keys } = countParts(bytes);
  if (deepest > MOST_DEPTH) {
    throw new UserError(
      `${label} has ${deepest} levels of lists and objects in each other, and annotations have a few: export them again`,
    );
  }
  if (keys > MOST_KEYS) {
    throw new UserError(
      `${label} has more than ${MOST_KEYS} different keys, and annotations have a few: export them again`,
    );
  }
  const memory = objects * MEMORY.object + lists * MEMORY.list + values * MEMORY.value;
  if (memory > MOST_MEMORY) {
    throw new UserError(
      `${label} holds so many values that they would take ${Math.round(memory / 1024 ** 2)} MiB of memory, over the limit of ${MOST_MEMORY / 1024 ** 2}: divide it into several folders, each with its images and their annotations`,
    );
  }
}

interface Parts {
  /** Levels of lists and objects in each other. */
  deepest: number;
  lists: number;
  objects: number;
  /** About: of commas and colons. */
  values: number;
  /** Different ones; counted to just above `MOST_KEYS`. */
  keys: number;
}

function countParts(bytes: Buffer): Parts {
  let [depth, deepest, lists, objects, values] = [0, 0, 0, 0, 0];
  const keys = new Set<number>();
  let [isInText, textHash] = [false, 0];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (isInText) {
      textHash = Math.imul(textHash ^ byte, FNV_PRIME);
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isInText = false;
    } else if (byte === QUOTE) [isInText, textHash] = [true, 0];
    else if (byte === COMMA) values++;
    else if (byte === COLON) {
      values++;
      if (keys.size <= MOST_KEYS) keys.add(textHash);
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (byte === OPEN_LIST) lists++;
      else objects++;
      deepest = Math.max(deepest, ++depth);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
  return { deepest, lists, objects, values, keys: keys.size };
}
