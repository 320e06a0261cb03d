import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { readStored } from '../../src/data/read-stored.ts';
import type { Params } from '../../src/params/schema.ts';
import { collectLog } from '../support/collect-log.ts';
import { noiseImage } from '../support/noise-image.ts';
import { building, square, tinyCoco, tinyEntry, writeTinySource } from '../support/source-zips.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';
import { testParams } from '../support/test-params.ts';

const tempFolder = useTempFolders();

/** A COCO folder of images that all differ, with a building in each; a part of a name before the last "/" is a folder. */
async function writeCoco(folder: string, names: readonly string[]): Promise<string> {
  const images = names.map((name, i) => tinyEntry(i + 1, name));
  const annotations = names.map((_, i) => building(i + 1, [square(2, 3, 10)]));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '_annotations.coco.json'), JSON.stringify(tinyCoco({ images, annotations })));
  for (const name of names) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), await noiseImage(`${folder}/${name}`));
  }
  return folder;
}

const tiles = (rows: number, columns: number) =>
  Array.from({ length: rows * columns }, (_, i) => `t_${Math.floor(i / columns)}_${i % columns}.png`);

async function paramsOf(data: Partial<Params['data']>): Promise<{ folder: string; params: Params }> {
  const folder = await tempFolder();
  return { folder, params: testParams(folder, { source: 'local', custom: [], ...data }) };
}

const namesOf = async ({ paths }: Params) => {
  const { splits } = await openPrepared(paths.prepared);
  return Object.fromEntries(
    Object.entries(splits).map(([split, all]) => [split, all.map(({ name }) => name)]),
  );
};

describe('prepareData on data that is not split', () => {
  it('divides it by blocks of tiles, and says so in manifest and report', async () => {
    const split = { valid: 0.25, test: 0.25, block: 2, scene: null };
    const { folder, params } = await paramsOf({ split });
    params.data.path = await writeCoco(join(folder, 'mine'), tiles(4, 8));
    const report = await prepareData(params, collectLog());
    const { train, valid, test } = report.splits;
    expect([train.images, valid.images, test.images]).toEqual([16, 8, 8]);
    const { manifest } = await openPrepared(params.paths.prepared);
    expect(manifest.divisions).toEqual({ local: { by: 'tiles', groups: 8, near: expect.any(Number) } });
    expect(report.divisions).toEqual(manifest.divisions);
    for (const names of Object.values(await namesOf(params))) {
      const blocks = Map.groupBy(names, (name) =>
        name
          .match(/\d+/g)!
          .map((number) => Math.floor(Number(number) / 2))
          .join(),
      );
      for (const members of blocks.values()) expect(members).toHaveLength(4);
    }
  });

  it('keeps the data that it cannot divide out, with advice', async () => {
    const { folder, params } = await paramsOf({});
    params.data.path = await writeCoco(join(folder, 'mine'), tiles(2, 2));
    await expect(prepareData(params, collectLog())).rejects.toThrow(
      /; lower data\.split\.block to 1, the largest that gives at least 3 blocks$/,
    );
    expect(await filesIn(folder)).not.toContainEqual(expect.stringContaining('prepared'));
  });
});

describe('prepareData with custom samples', () => {
  it('sends the share of each folder to valid, and keeps where every image came from', async () => {
    const { folder, params } = await paramsOf({ custom_valid: 0.25 });
    params.data.path = await writeTinySource(join(folder, 'source'));
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    await writeCoco(one, ['a/1.png', 'b/2.png', 'c/3.png', 'd/4.png']);
    await writeCoco(two, ['roof A.png', 'roof B.png', 'roof C.png', 'roof D.png']);
    params.data.custom = [one, two];
    const report = await prepareData(params, collectLog());
    expect(report.splits.train.origins).toEqual({ local: 1, [one]: 3, [two]: 3 });
    expect(report.splits.valid.origins).toEqual({ local: 1, [one]: 1, [two]: 1 });
    expect(report.splits.test.origins).toEqual({ local: 1 });
    expect(report.divisions).toMatchObject({ [one]: { by: 'folder', groups: 4 }, [two]: { by: 'image' } });
    const { splits } = await openPrepared(params.paths.prepared);
    expect(new Set(splits.valid.map(({ origin }) => origin))).toEqual(new Set(['local', one, two]));
  });

  it('never trains on the test images of a folder that has splits of its own', async () => {
    const { folder, params } = await paramsOf({ custom_valid: 0.5 });
    params.data.path = await writeTinySource(join(folder, 'source'));
    const mine = join(folder, 'mine');
    for (const split of ['train', 'valid', 'test'])
      await writeCoco(join(mine, split), [`${split} 1.png`, `${split} 2.png`]);
    params.data.custom = [mine];
    const log = collectLog();
    await prepareData(params, log);
    expect(await namesOf(params)).toEqual({
      train: ['a.png', 'train 1.png', 'train 2.png'],
      valid: ['a.png', 'valid 1.png', 'valid 2.png'],
      test: ['a.png', 'test 1.png', 'test 2.png'],
    });
    expect(log.lines).toContain(`${mine} has splits of its own, which are kept: 2 train, 2 valid, 2 test`);
  });

  it('counts what was found of images by the split they were put into', async () => {
    const { folder, params } = await paramsOf({ custom_valid: 0.5 });
    params.data.path = await writeTinySource(join(folder, 'source'));
    const mine = await writeCoco(join(folder, 'mine'), ['roof A.png', 'roof B.png']);
    await writeFile(join(mine, 'stray.png'), await noiseImage('stray'));
    for (const name of ['roof A.png', 'roof B.png']) await writeFile(join(mine, name), 'no image');
    await writeFile(join(mine, 'roof C.png'), await noiseImage('c'));
    params.data.custom = [mine];
    await expect(prepareData(params, collectLog())).rejects.toThrow(
      `${mine} (data.custom) has no usable image`,
    );
    await writeFile(join(mine, 'roof A.png'), await noiseImage('a'));
    const { splits, findings } = await prepareData(params, collectLog());
    const undecodable = [splits.train, splits.valid].map(
      (split) => split.findings.dropped.image_undecodable ?? 0,
    );
    expect(new Set(undecodable)).toEqual(new Set([0, 1]));
    expect(Object.values(findings).reduce((sum, kinds) => sum + (kinds.image_unlisted ?? 0), 0)).toBe(2);
  });
});

describe('findings of the annotation files', () => {
  it('are counted in the split of their image', async () => {
    const { folder, params } = await paramsOf({ custom_valid: 0.5 });
    params.data.path = await writeTinySource(join(folder, 'source'));
    const mine = await writeCoco(join(folder, 'mine'), ['roof A.png', 'roof B.png']);
    const entries = ['roof A.png', 'roof B.png', 'roof A.png', 'roof B.png'].map((name, i) =>
      tinyEntry(i, name),
    );
    await writeFile(join(mine, '_annotations.coco.json'), JSON.stringify(tinyCoco({ images: entries })));
    params.data.custom = [mine];
    const { splits, findings } = await prepareData(params, collectLog());
    expect(splits.train.findings.dropped).toMatchObject({ image_listed_twice: 1 });
    expect(splits.valid.findings.dropped).toMatchObject({ image_listed_twice: 1 });
    expect(findings.dropped).toEqual({});
  });
});

describe('prepareData and its options', () => {
  it('has the report made while all files are there, and names it', async () => {
    const { folder, params } = await paramsOf({});
    params.data.path = await writeTinySource(join(folder, 'source'));
    const contents: Buffer[] = [];
    const report = await prepareData(params, collectLog(), {
      report: async ({ examination, source }) => {
        expect(source).toBe('local');
        for (const { file } of examination.images) contents.push(await readFile(file));
        return 'the/page.html';
      },
    });
    expect(report.findingsPage).toBe('the/page.html');
    const { splits } = await openPrepared(params.paths.prepared);
    const stored = await Promise.all(
      Object.values(splits)
        .flat()
        .map(({ bytes }) => readStored(bytes)),
    );
    expect(new Set(stored.map(String))).toEqual(new Set(contents.map(String)));
  });

  it('refuses faults where it is to be strict, after the report, and keeps the old data', async () => {
    const { folder, params } = await paramsOf({});
    params.data.path = await writeTinySource(join(folder, 'source'));
    const { hash } = await prepareData(params, collectLog());
    const mine = await writeCoco(join(folder, 'mine'), ['1.png', '2.png']);
    await writeFile(join(mine, '1.png'), 'no image');
    const data = { ...params.data, custom: [mine], doctor: { ...params.data.doctor, strict: true } };
    const strict = prepareData({ ...params, data }, collectLog(), { report: async () => 'the/page.html' });
    await expect(strict).rejects.toThrow(/image_undecodable.+look at the\/page\.html/);
    expect((await openPrepared(params.paths.prepared)).manifest.hash).toBe(hash);
  });

  it.each([1, 3, 5])('ends in an orderly way when it is told to, at the log line %i', async (count) => {
    const { folder, params } = await paramsOf({});
    params.data.path = await writeTinySource(join(folder, 'source'));
    await prepareData(params, collectLog());
    const before = await filesIn(folder);
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    let lines = 0;
    const line = () => {
      if (++lines === count) stop.abort(reason);
    };
    const log = { info: line, warn: line };
    const report = async () => {
      while (lines < count) line();
      return 'page';
    };
    await expect(prepareData(params, log, { signal: stop.signal, report })).rejects.toBe(reason);
    expect(await filesIn(folder)).toEqual(before);
  });
});
