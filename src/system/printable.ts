/** Longer texts are cut. */
const MOST_CHARACTERS = 120;

/** Control characters, invisible ones that change what is seen (order, width), line ends, half surrogate pairs. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\\]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * A text that others wrote, as the name of a tensor in a file, for messages: it stays in its line and does nothing to the
 * terminal. Escapes are those of JSON; more than 120 characters are cut, which `…` shows.
 */
export function printable(text: string): string {
  const shown = printablePath(text.slice(0, MOST_CHARACTERS));
  return text.length > MOST_CHARACTERS ? `${shown}…` : shown;
}

/** The same, whole: a path is of no use without its end. */
export function printablePath(path: string): string {
  return path.replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return SHORT_ESCAPES[character] ?? units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
