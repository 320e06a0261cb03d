/**
 * The bytes of a JSON file, a window of them at a time: what a file of any size is read through.
 */
import { readSync } from 'node:fs';

const FIRST_SIZE = 1024 ** 2;
/** Bytes of one value, at most: no building has so many corners. */
const MOST_SIZE = 64 * 1024 ** 2;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

export interface JsonWindow {
  file: number;
  bytes: Buffer;
  /** The next byte to look at. */
  at: number;
  end: number;
  /** Bytes from here on stay in the window; null: none before `at` has to. */
  kept: number | null;
  /** Bytes of the file before the window. */
  before: number;
  /** By its byte order mark, as some shells write what they redirect. */
  isUtf16: boolean;
}

/** @param file descriptor; read from where it stands */
export function openWindow(file: number): JsonWindow {
  const bytes = Buffer.allocUnsafe(FIRST_SIZE);
  const window: JsonWindow = { file, bytes, at: 0, end: 0, kept: null, before: 0, isUtf16: false };
  readMore(window);
  const [a, b, c] = window.bytes;
  window.isUtf16 = window.end >= 2 && ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff));
  // The byte order mark of UTF-8
  if (window.end >= 3 && a === 0xef && b === 0xbb && c === 0xbf) window.at = 3;
  return window;
}

/** Passes over white space. @returns the byte after it, as a character; '' at the end of the file */
export function nextCharacter(window: JsonWindow): string {
  do {
    const { bytes, end } = window;
    for (; window.at < end; window.at++) {
      const byte = bytes[window.at]!;
      if (!isSpace(byte)) return String.fromCharCode(byte);
    }
  } while (readMore(window));
  return '';
}

/** Passes over a value that begins here, whatever it is. @returns whether it ended before the file */
export function skipValue(window: JsonWindow): boolean {
  const first = window.bytes[window.at];
  if (first === QUOTE || first === OPEN_LIST || first === OPEN_OBJECT) return skipNested(window);
  return skipScalar(window);
}

/**
 * Passes over a value.
 * @returns its text; null where the file ends first
 * @throws RangeError where it is longer than any that COCO has
 */
export function takeValue(window: JsonWindow): string | null {
  window.kept = window.at;
  const isWhole = skipValue(window);
  const text = window.bytes.toString('utf8', window.kept, window.at);
  window.kept = null;
  return isWhole ? text : null;
}

function skipNested(window: JsonWindow): boolean {
  let [depth, isText, isEscaped] = [0, false, false];
  do {
    const { bytes, end } = window;
    for (let at = window.at; at < end; at++) {
      const byte = bytes[at]!;
      if (isText) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isText = false;
        if (isText || depth > 0) continue;
      } else if (byte === QUOTE) {
        isText = true;
        continue;
      } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        depth++;
        continue;
      } else if ((byte !== CLOSE_LIST && byte !== CLOSE_OBJECT) || --depth > 0) {
        continue;
      }
      window.at = at + 1;
      return true;
    }
    window.at = end;
  } while (readMore(window));
  return false;
}

function skipScalar(window: JsonWindow): boolean {
  do {
    const { bytes, end } = window;
    for (; window.at < end; window.at++) {
      const byte = bytes[window.at]!;
      if (byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT || isSpace(byte)) return true;
    }
  } while (readMore(window));
  return false;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** @returns false at the end of the file */
function readMore(window: JsonWindow): boolean {
  const from = window.kept ?? window.at;
  window.bytes.copyWithin(0, from, window.end);
  window.before += from;
  window.at -= from;
  window.end -= from;
  if (window.kept !== null) window.kept = 0;
  if (window.end === window.bytes.length) enlarge(window);
  const count = readSync(window.file, window.bytes, window.end, window.bytes.length - window.end, null);
  window.end += count;
  return count > 0;
}

function enlarge(window: JsonWindow): void {
  if (window.bytes.length === MOST_SIZE) {
    throw new RangeError(`is longer than ${MOST_SIZE / 1024 ** 2} MiB`);
  }
  const larger = Buffer.allocUnsafe(window.bytes.length * 4);
  window.bytes.copy(larger);
  window.bytes = larger;
}
