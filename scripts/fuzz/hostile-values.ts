/** Values that programs stumble over. */
import type { Random } from '../../src/system/random.ts';

/** As they stand in a text; some are no JSON. */
export const NUMBERS = [
  ...['0', '-0', '-1', '1e999', '-1e999', '1e308', '1e-308', '0.1e-400', 'NaN', 'Infinity', '-Infinity'],
  ...['2147483647', '2147483648', '-2147483649', '4294967295', '4294967296', '9007199254740993'],
  ...['18446744073709551616', '1e21', '0x10', '00', '1.', '.5', '1_000', '3.0000000000000004'],
] as const;

/** @param outside folder outside of the target, absolute: where a program that can be led astray would write */
export function names(outside: string): string[] {
  const file = 'evil.png';
  return [
    ...[
      `../${file}`,
      `../../../../${file}`,
      `..\\..\\${file}`,
      `a/../../${file}`,
      `./../${file}`,
      '..',
      '.',
      '/',
      '',
    ],
    ...[
      `${outside}/${file}`,
      `//${outside}/${file}`,
      `file://${outside}/${file}`,
      `C:\\${file}`,
      `\\\\host\\${file}`,
    ],
    ...[
      `a\0${file}`,
      `${file}\0`,
      'a\nb.png',
      'a\r\n\u001b[2Jb.png',
      '\u202Egnp.a',
      'e\u0301.png',
      '\uD800.png',
      '😀.png',
    ],
    ...[
      'x'.repeat(300),
      `${'x'.repeat(5000)}.png`,
      `${'d/'.repeat(3000)}a.png`,
      ' a.png ',
      '-rf.png',
      '$(id).png',
      '%00.png',
    ],
    ...[
      '__proto__',
      'constructor',
      'toString',
      'NUL',
      'CON.png',
      'a.png/',
      'a.png/b.png',
      '{"a":1}',
      '<b>.png',
      '~/a.png',
    ],
  ];
}

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.int(values.length)]!;
}
