import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type EntriesOptions, readEntries } from '../../../src/evaluate/coco-files/read-entries.ts';
import { UserError } from '../../../src/system/errors.ts';
import { createRandom, type Random } from '../../../src/system/random.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();
const LIST: EntriesOptions = { lists: null, expected: 'a list' };
const lists = (...keys: string[]): EntriesOptions => ({ lists: keys, expected: 'an object of lists' });

let path: string;

beforeEach(async () => {
  path = join(await tempFolder(), 'x.json');
});

function read(content: string | Buffer, options: EntriesOptions) {
  writeFileSync(path, content);
  return readFile(path, options);
}

/** @returns the entries as [list, index, value], or the message of the error, with the file's name for its path */

function readFile(at: string, options: EntriesOptions) {
  try {
    return Array.from(readEntries(at, options), ({ list, index, value }) => [list, index, value]);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message.split('\n')).toHaveLength(1);
    return (error as UserError).message.replace(path, 'x.json');
  }
}

function randomValue(random: Random, depth = 0): unknown {
  const texts = ['', 'a', '"]}', '\\', '\\"', 'ä€🏠', ' , ', '[{', '\n\t\u0000', 'NaN'];
  switch (random.int(depth > 3 ? 4 : 6)) {
    case 0:
      return texts[random.int(texts.length)];
    case 1:
      return (random.next() - 0.5) * 10 ** (random.int(20) - 10);
    case 2:
      return [null, true, false][random.int(3)];
    case 3:
      return random.int(1000) - 500;
    case 4:
      return Array.from({ length: random.int(5) }, () => randomValue(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.int(5) }, (_, i) => [
          `${texts[random.int(texts.length)]}${i}`,
          randomValue(random, depth + 1),
        ]),
      );
  }
}

const randomList = (random: Random) => Array.from({ length: random.int(6) }, () => randomValue(random, 1));
const entriesIn = (list: string | null, values: unknown[]) => values.map((value, i) => [list, i, value]);

describe('readEntries', () => {
  it('gives what JSON.parse gives, however the text is spaced', () => {
    const random = createRandom('entries');
    for (let i = 0; i < 150; i++) {
      const [a, b] = [randomList(random), randomList(random)];
      const indent = ['', ' ', '\t', 3][random.int(4)];
      const file = { info: randomValue(random), a, x: randomList(random), b, end: randomValue(random) };
      expect(read(JSON.stringify(file, null, indent), lists('a', 'b'))).toEqual([
        ...entriesIn('a', a),
        ...entriesIn('b', b),
      ]);
      expect(read(JSON.stringify(a, null, indent), LIST)).toEqual(entriesIn(null, a));
    }
  });

  it('says of lists that they are there, with entries or without', () => {
    const found = new Set<string>();
    expect(read('{"a": [], "c": [1]}', { ...lists('a', 'b'), found })).toEqual([]);
    expect([...found]).toEqual(['a']);
    expect(read('[]', LIST)).toEqual([]);
    expect(read('{}', lists('a'))).toEqual([]);
  });

  it('reads over the borders of its window, also within a character', () => {
    // Three bytes a character, so that one lies across each border; one entry is longer than several windows.
    const long = '€'.repeat(1_500_000);
    const values = [
      ...Array.from({ length: 3000 }, (_, i) => ({ i, text: '€'.repeat(300) })),
      { long },
      'end',
    ];
    expect(read(JSON.stringify(values), LIST)).toEqual(entriesIn(null, values));
    const file = { skipped: values, a: [1] };
    expect(read(JSON.stringify(file), lists('a'))).toEqual([['a', 0, 1]]);
  });

  it('counts bytes from the beginning of the file', () => {
    const long = 'x'.repeat(3_000_000);
    expect(read(`["${long}", "${long}" 2]`, LIST)).toBe(
      'x.json is not JSON: unexpected "2" after entry [1] (byte 6000008): write the file again',
    );
  });

  it('refuses an entry that nobody could hold', () => {
    expect(read(`[1, "${'x'.repeat(70 * 1024 ** 2)}"]`, LIST)).toBe(
      'x.json: the value in entry [1] is longer than 64 MiB: write the file again',
    );
  });

  it('passes over the byte order mark', () => {
    expect(read('\uFEFF[1]', LIST)).toEqual([[null, 0, 1]]);
  });

  it.each([Buffer.from('\uFEFF[1]', 'utf16le'), Buffer.from('\uFEFF[1]', 'utf16le').swap16()])(
    'knows UTF-16 by its byte order mark',
    (content) => {
      expect(read(content, LIST)).toBe('x.json is UTF-16, and JSON is UTF-8: write the file again as UTF-8');
    },
  );

  it("reads Python's numbers, and leaves texts alone", () => {
    const text = '[{"a": NaN, "b": [-Infinity, Infinity], "NaN": "NaN, \\" Infinity"}, -Infinity]';
    expect(read(text, LIST)).toEqual([
      [null, 0, { a: Number.NaN, b: [-Infinity, Infinity], NaN: 'NaN, " Infinity' }],
      [null, 1, -Infinity],
    ]);
  });

  it('notices every place at which a file may be cut off', () => {
    const text = JSON.stringify({ info: { a: 'x"' }, a: [{ id: 1, b: [1, 2] }, true], c: [1, 'y'], d: 3.5 });
    for (let length = 1; length < text.length; length++) {
      expect(read(text.slice(0, length), lists('a')), text.slice(0, length)).toMatch(
        /^x\.json ends too early, .* \(\d+ bytes\): it is cut off, copy or write it again$/,
      );
    }
    const list = JSON.stringify([{ a: '\\"' }, [1], 'x']);
    for (let length = 1; length < list.length; length++) {
      expect(read(list.slice(0, length), LIST), list.slice(0, length)).toMatch(/^x\.json ends too early, /);
    }
  });

  it('gives no entry that JSON.parse would refuse', () => {
    const random = createRandom('damaged entries');
    const text = JSON.stringify([{ a: 1, b: [1, 2] }, { a: 'x', b: [] }, 3, null]);
    for (let i = 0; i < 500; i++) {
      const at = random.int(text.length);
      const damaged = text.slice(0, at) + '{}[],:"x1 \\'[random.int(11)] + text.slice(at + 1);
      const got = read(damaged, LIST);
      let expected: unknown;
      try {
        expected = JSON.parse(damaged);
      } catch {
        expected = undefined;
      }
      if (Array.isArray(expected)) expect(got, damaged).toEqual(entriesIn(null, expected));
      else expect(got, damaged).toBeTypeOf('string');
    }
  });

  it.each([
    ['', LIST, 'x.json is empty: expected a list'],
    [' \n', LIST, 'x.json is empty: expected a list'],
    ['{}', LIST, 'x.json is an object: expected a list'],
    ['[]', lists('a'), 'x.json is a list: expected an object of lists'],
    [
      '\u001f\u008b',
      LIST,
      'x.json is not JSON: unexpected "\\u001f" at its beginning (byte 0): write the file again',
    ],
    ['[1,\u0000]', LIST, /^x\.json: entry \[1\] is not JSON/],
    [
      '[1 \u00ff]',
      LIST,
      'x.json is not JSON: unexpected byte 0xc3 after entry [0] (byte 3): write the file again',
    ],
    ['{"a": [1], "b": 2, "a": [3]}', lists('a'), 'x.json has the key "a" twice: leave one of the lists out'],
    ['[1] 2', LIST, 'x.json is not JSON: unexpected "2" after its end (byte 4): write the file again'],
    ['[1 2]', LIST, 'x.json is not JSON: unexpected "2" after entry [0] (byte 3): write the file again'],
    ['[1, tru]', LIST, /^x\.json: entry \[1\] is not JSON \(.*\): write the file again$/],
    ['[1, {"a": nan}]', LIST, /^x\.json: entry \[1\] is not JSON \(.*\): write the file again$/],
    ['{"a": {}}', lists('a'), 'x.json: a must be a list, as in every COCO file'],
    ['{"a": [1}', lists('a'), 'x.json is not JSON: unexpected "}" after a[0] (byte 8): write the file again'],
    [
      '{"a" [1]}',
      lists('a'),
      'x.json is not JSON: unexpected "[" after the key "a" (byte 5): write the file again',
    ],
    [
      '{"b": 1 "a": [1]}',
      lists('a'),
      'x.json is not JSON: unexpected "\\"" after the value of "b" (byte 8): write the file again',
    ],
    [
      '{a: [1]}',
      lists('a'),
      'x.json is not JSON: unexpected "a" at its beginning (byte 1): write the file again',
    ],
  ])('refuses %j', (content, options, message) => {
    const got = read(content, options);
    if (typeof message === 'string') expect(got).toBe(message);
    else expect(got).toMatch(message);
  });

  it('says what is wrong with a path', () => {
    expect(readFile(path, LIST)).toBe('Cannot read x.json: there is no such file: check the path');
    const folder = dirname(path);
    expect(readFile(folder, LIST)).toBe(`Cannot read ${folder}: it is a folder: name the file in it`);
    // A regular file of which the first byte cannot be read.
    if (existsSync('/proc/self/mem')) {
      expect(readFile('/proc/self/mem', LIST)).toBe(
        'Cannot read /proc/self/mem: the disk fails: check it, or copy the file to another',
      );
    }
    expect(readFile('/dev/null', LIST)).toBe('Cannot read /dev/null: it is no regular file: write it to one');
  });
});
