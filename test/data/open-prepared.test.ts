import { createHash } from 'node:crypto';
import { appendFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/data/manifest.ts';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { readStored } from '../../src/data/read-stored.ts';
import { hashOfFiles } from '../../src/data/write-prepared.ts';
import { UserError } from '../../src/system/errors.ts';
import { collectLog } from '../support/collect-log.ts';
import { square, tinyImage, tinySplit, writeTinySource, writeZip } from '../support/source-zips.ts';
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
        name: 'a.png',
        bytes: {
          shard: join(folder, 'images/valid-000.tar'),
          offset: 512,
          length: (await tinyImage(20)).length,
        },
        width: 32,
        height: 24,
        origin: 'local',
        buildings: [{ id: 1, polygons: [square(2, 3, 10)], box: [3, 2, 13, 12], area: 100 }],
        crowds: [],
      },
    ]);
    expect(isAbsolute(splits.train[0]!.bytes.shard)).toBe(true);
  });

  it('reads the new images after data-prep has run again', async () => {
    const root = await tempFolder();
    const path = await writeTinySource(join(root, 'source'));
    const params = testParams(root, { source: 'local', path, custom: [] });
    for (const shade of [20, 90]) {
      await writeZip(join(path, 'data/valid.zip'), await tinySplit(shade));
      await prepareData(params, collectLog());
      const { splits } = await openPrepared(params.paths.prepared);
      expect(await readStored(splits.valid[0]!.bytes)).toEqual(await tinyImage(shade));
    }
  });

  it('asks for data-prep where there is no data set', async () => {
    const folder = join(await tempFolder(), 'prepared');
    await expectUserError(folder, `No prepared data set in ${folder} (paths.prepared): `);
  });

  it.each<[string, RegExp, (folder: string) => Promise<void>]>([
    [
      'a manifest of another version',
      /manifest\.json is not a manifest of this version/,
      (folder) => change(join(folder, 'manifest.json'), '"version": 2', '"version": 1'),
    ],
    [
      'a manifest with another hash of a file',
      /manifest\.json is not a manifest/,
      (folder) => change(join(folder, 'manifest.json'), '"sha256": "', '"sha256": "0'),
    ],
    [
      'a manifest that is cut off',
      /manifest\.json is not a manifest/,
      async (folder) => writeFile(join(folder, 'manifest.json'), '{"version"'),
    ],
    [
      'annotations changed by hand',
      /train\.json is not what data-prep wrote/,
      (folder) => change(join(folder, 'train.json'), '"iscrowd":0', '"iscrowd":1'),
    ],
    [
      'annotations that go on',
      /train\.json has \d+ bytes, expected \d+/,
      (folder) => appendFile(join(folder, 'train.json'), ' '),
    ],
    ['missing annotations', /test\.json is missing/, (folder) => rm(join(folder, 'test.json'))],
    [
      'a missing shard',
      /images\/test-000\.tar is missing/,
      (folder) => rm(join(folder, 'images/test-000.tar')),
    ],
    [
      'a truncated shard',
      /images\/train-000\.tar has 1000 bytes, expected 2048/,
      (folder) => truncate(join(folder, 'images/train-000.tar'), 1000),
    ],
    [
      'an index that was written for something else, with hashes that fit',
      /train\.json is no index of this version of aerial/,
      (folder) => rewriteIndex(folder, (text) => text.replace('"offset":512', '"offset":-1')),
    ],
    [
      'an index that leads to other files',
      /train\.json is no index of this version of aerial/,
      (folder) => rewriteIndex(folder, (text) => text.replace('images/train-000.tar', '../../secret.tar')),
    ],
    [
      'an index that leads beyond the end of a shard',
      /train\.json is no index of this version of aerial/,
      (folder) => rewriteIndex(folder, (text) => text.replace('"offset":512', '"offset":2000')),
    ],
    [
      'an index that is no JSON',
      /train\.json is no index of this version of aerial/,
      (folder) => rewriteIndex(folder, (text) => text.slice(0, 40)),
    ],
  ])('refuses %s', async (_name, message, damage) => {
    const folder = await prepared();
    await damage(folder);
    await expectUserError(folder, message);
  });
});

async function change(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

/** Changes `train.json` and makes the manifest fit it. */
async function rewriteIndex(folder: string, rewrite: (text: string) => string): Promise<void> {
  const text = await readFile(join(folder, 'train.json'), 'utf8');
  const changed = rewrite(text);
  expect(changed).not.toBe(text);
  await writeFile(join(folder, 'train.json'), changed);
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const sha256 = createHash('sha256').update(changed).digest('hex');
  const files = { ...manifest.files, 'train.json': { size: Buffer.byteLength(changed), sha256 } };
  const fitting = { ...manifest, files, hash: hashOfFiles(files) };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(fitting));
}
