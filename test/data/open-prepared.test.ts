import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { UserError } from '../../src/system/errors.ts';
import { collectLog } from '../support/collect-log.ts';
import { square, writeTinySource } from '../support/source-zips.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { testParams } from '../support/test-params.ts';

const tempFolder = useTempFolders();

async function prepared(): Promise<string> {
  const folder = await tempFolder();
  const path = await writeTinySource(join(folder, 'source'));
  const params = testParams(folder, { source: 'local', path, custom: [] });
  await prepareData(params, collectLog());
  return params.paths.prepared;
}

async function expectUserError(folder: string, message: string | RegExp): Promise<void> {
  await expect(openPrepared(folder)).rejects.toBeInstanceOf(UserError);
  await expect(openPrepared(folder)).rejects.toThrow(message);
  await expect(openPrepared(folder)).rejects.toThrow(/run `aerial data-prep` (first|again)$/);
}

describe('openPrepared', () => {
  it('reads what data-prep wrote, with absolute paths', async () => {
    const folder = await prepared();
    const { manifest, splits } = await openPrepared(relative(process.cwd(), folder));
    expect(manifest.source).toBe('local');
    expect(splits.valid).toEqual([
      {
        id: 1,
        path: join(folder, 'images/valid/a.png'),
        width: 32,
        height: 24,
        origin: 'local',
        buildings: [{ id: 1, polygons: [square(2, 3, 10)], box: [3, 2, 13, 12], area: 100 }],
      },
    ]);
    expect(isAbsolute(splits.train[0]!.path)).toBe(true);
  });

  it('asks for data-prep where there is no data set', async () => {
    const folder = join(await tempFolder(), 'prepared');
    await expectUserError(folder, `No prepared data set in ${folder} (paths.prepared): `);
  });

  it.each<[string, RegExp, (folder: string) => Promise<void>]>([
    [
      'a manifest of another version',
      /manifest\.json is not a manifest of this version/,
      (folder) => change(folder, '"version": 1', '"version": 2'),
    ],
    [
      'a manifest with another hash of a file',
      /manifest\.json is not a manifest/,
      (folder) => change(folder, '"train.json": "', '"train.json": "0'),
    ],
    [
      'a manifest that is cut off',
      /manifest\.json is not a manifest/,
      async (folder) => writeFile(join(folder, 'manifest.json'), '{"version"'),
    ],
    [
      'annotations changed by hand',
      /train\.json is not what data-prep wrote/,
      (folder) => appendFile(join(folder, 'train.json'), ' '),
    ],
    ['missing annotations', /test\.json is missing/, (folder) => rm(join(folder, 'test.json'))],
    ['a missing image', /images\/test\/a\.png is missing/, (folder) => rm(join(folder, 'images/test/a.png'))],
    [
      'a missing folder of images',
      /images\/train\/a\.png is missing/,
      (folder) => rm(join(folder, 'images/train'), { recursive: true }),
    ],
  ])('refuses %s', async (_name, message, damage) => {
    const folder = await prepared();
    await damage(folder);
    await expectUserError(folder, message);
  });
});

async function change(folder: string, from: string, to: string): Promise<void> {
  const path = join(folder, 'manifest.json');
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}
