import { expect, it } from 'vitest';
import { printable, printablePath } from '../../src/system/printable.ts';

it('leaves ordinary names as they are, of any language', () => {
  for (const name of ['layer1.0.conv1.weight', '', 'größe "x" {1}', '重み', '🛰'])
    expect(printable(name)).toBe(name);
});
it.each([
  ['the escape of terminals', '\x1b[31mEVIL', String.raw`\u001b[31mEVIL`],
  ['ends of lines', 'a\nb\r\tc\u2028d\u2029e', String.raw`a\nb\r\tc\u2028d\u2029e`],
  ['other control characters', '\0\x07\x7f\x9b', String.raw`\u0000\u0007\u007f\u009b`],
  ['what turns the direction or cannot be seen', '\u202eabc\u200b', String.raw`\u202eabc\u200b`],
  ['half a surrogate pair', '\ud83d', String.raw`\ud83d`],
  ['invisible characters of two units', '\u{e0041}', String.raw`\udb40\udc41`],
  ['the backslash, so that no name looks like another', String.raw`a\nb`, String.raw`a\\nb`],
])('escapes %s', (_, text, expected) => {
  expect(printable(text)).toBe(expected);
});
it('cuts after 120 characters', () => {
  expect(printable('x'.repeat(120))).toBe('x'.repeat(120));
  expect(printable('x'.repeat(121))).toBe(`${'x'.repeat(120)}…`);
});
it('leaves a path whole', () => {
  expect(printablePath(`${'x'.repeat(500)}\n`)).toBe(`${'x'.repeat(500)}\\n`);
});
