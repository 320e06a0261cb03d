import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../src/data/sources/read-json.ts';
import { UserError } from '../../../src/system/errors.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

async function read(text: string) {
  const path = join(await tempFolder(), 'a.json');
  await writeFile(path, text);
  return readJson(path, 'a.json of own');
}

describe('readJson', () => {
  it('reads the byte order mark and the NaN that Python writes', async () => {
    expect(await read('\uFEFF{"a": [NaN, -Infinity, 2], "b":Infinity }')).toEqual({
      a: [null, null, 2],
      b: null,
    });
  });

  it('does not count brackets within texts', async () => {
    const text = `${'['.repeat(500)}"\\"[{`;
    expect(await read(JSON.stringify([text, text]))).toEqual([text, text]);
  });

  it('says that a file is not JSON, in one line', async () => {
    for (const text of ['{"images": [\n', '', '\u0000', '{"a": "\u001b[2J\n\n']) {
      const failure = read(text);
      await expect(failure).rejects.toBeInstanceOf(UserError);
      await expect(failure).rejects.toThrow(
        /^a\.json of own is not JSON \(.+\): export the annotations again/,
      );
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      await expect(failure).rejects.not.toThrow(/[\u0000-\u001f]/);
    }
  });

  it('refuses levels without end', async () => {
    await expect(read('['.repeat(5000) + ']'.repeat(5000))).rejects.toThrow(
      'a.json of own has 5000 levels of lists and objects in each other',
    );
    expect(await read('['.repeat(100) + ']'.repeat(100))).toBeInstanceOf(Array);
  });

  it('refuses a small text whose values would fill the memory', async () => {
    const failure = read(`[${'[],'.repeat(10_000_000)}[]]`);
    await expect(failure).rejects.toThrow(
      /^a\.json of own holds so many values that they would take 5\d\d MiB/,
    );
  });

  it('refuses millions of keys, which V8 takes minutes to parse', async () => {
    const keys = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join()}}`;
    await expect(read(keys(10_001))).rejects.toThrow('a.json of own has more than 10000 different keys');
    expect(await read(`[${`${keys(300)},`.repeat(100)}0]`)).toHaveLength(101);
  });

  it('refuses a huge file without reading it', async () => {
    const path = join(await tempFolder(), 'a.json');
    await writeFile(path, '{}');
    await truncate(path, 2 ** 30);
    const before = process.memoryUsage().rss;
    await expect(readJson(path, 'a.json of own')).rejects.toThrow(
      'a.json of own has 1073741824 bytes, and annotation files may have 134217728',
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
  });

  it('says what cannot be read', async () => {
    const folder = await tempFolder();
    await expect(readJson(join(folder, 'none.json'), 'none.json of own')).rejects.toThrow(
      'Cannot read none.json of own (ENOENT)',
    );
    await expect(readJson(folder, 'it')).rejects.toThrow('Cannot read it (EISDIR)');
  });
});
