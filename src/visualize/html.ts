/**
 * HTML from templates in which everything put in is escaped. File names come from others: one may hold a script.
 */

const SAFE: unique symbol = Symbol('safe HTML');

/** A piece of HTML; only the functions below make one, so that no text passes for HTML by its looks. */
export interface Html {
  readonly [SAFE]: string;
}

type Value = Html | string | number | readonly Html[];

/** A template's own text is HTML; values are texts, which are escaped, or pieces of HTML. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { [SAFE]: strings.map((text, i) => text + (i < values.length ? toText(values[i]!) : '')).join('') };
}

/** @param text HTML that holds nothing from outside, as a chart or a style sheet of our own */
export function trustedHtml(text: string): Html {
  return { [SAFE]: text };
}

export function htmlText(piece: Html): string {
  return piece[SAFE];
}

function toText(value: Value): string {
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return SAFE in value ? value[SAFE] : value.map(htmlText).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters are not allowed in HTML; invisible ones can turn what follows the other way round. */
const UNSAFE = /[&<>"'\p{C}\p{Zl}\p{Zp}]/gu;

function escapeHtml(text: string): string {
  return text.replace(
    UNSAFE,
    (character) => ENTITIES[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
