import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { readStored } from '../../src/data/read-stored.ts';
import type { Params } from '../../src/params/schema.ts';
import { UserError } from '../../src/system/errors.ts';
import { collectLog } from '../support/collect-log.ts';
import { useMounts } from '../support/mounts.ts';
import {
  building,
  square,
  tinyCoco,
  tinyEntry,
  tinyImage,
  tinySplit,
  writeTinySource,
  writeZip,
} from '../support/source-zips.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';
import { testParams } from '../support/test-params.ts';

const tempFolder = useTempFolders();
const mountTmpfs = useMounts();

/** A sound local source, and params that read it. */
async function localParams(data: Partial<Params['data']> = {}): Promise<{ folder: string; params: Params }> {
  const folder = await tempFolder();
  const path = await writeTinySource(join(folder, 'source'));
  return { folder, params: testParams(folder, { source: 'local', path, custom: [], ...data }) };
}

async function writeCustom(folder: string, coco: object, files: Record<string, Buffer>): Promise<string> {
  await mkdir(join(folder, 'images'), { recursive: true });
  await writeFile(join(folder, '_annotations.coco.json'), JSON.stringify(coco));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const prepare = (params: Params) => prepareData(params, collectLog());

describe('prepareData', () => {
  it('writes images, annotations and a manifest, and nothing else', async () => {
    const { folder, params } = await localParams();
    const report = await prepare(params);
    expect(await filesIn(params.paths.prepared)).toEqual([
      'images/test-000.tar',
      'images/train-000.tar',
      'images/valid-000.tar',
      'manifest.json',
      'test.json',
      'train.json',
      'valid.json',
    ]);
    expect(await readdir(folder)).toEqual(['prepared', 'source']);
    expect(report.splits.train).toEqual({
      images: 1,
      imagesWithoutBuildings: 0,
      buildings: 1,
      meanBuildingsPerImage: 1,
      maxBuildingsPerImage: 1,
      touchingShare: 0,
      crowds: 0,
      origins: { local: 1 },
      findings: { dropped: {}, repaired: {}, none: {} },
    });
    expect(JSON.parse(await readFile(join(params.paths.prepared, 'train.json'), 'utf8'))).toEqual({
      images: [
        {
          ...{ id: 1, file_name: 'a.png', width: 32, height: 24, origin: 'local' },
          ...{ shard: 'images/train-000.tar', offset: 512, length: (await tinyImage(10)).length },
        },
      ],
      annotations: [
        {
          id: 1,
          image_id: 1,
          category_id: 1,
          bbox: [2, 3, 10, 10],
          area: 100,
          iscrowd: 0,
          segmentation: [square(2, 3, 10)],
        },
      ],
      categories: [{ id: 1, name: 'building' }],
    });
  });

  it('keeps the bytes of the images', async () => {
    const { params } = await localParams();
    await prepare(params);
    const { splits } = await openPrepared(params.paths.prepared);
    expect(await readStored(splits.valid[0]!.bytes)).toEqual(await tinyImage(20));
  });

  it('gives the same bytes from the same input, elsewhere and at another time', async () => {
    const [first, second] = [await localParams(), await localParams()];
    const reports = [await prepare(first.params), await prepare(second.params), await prepare(first.params)];
    expect(new Set(reports.map(({ hash }) => hash)).size).toBe(1);
    const manifests = [first, second].map(({ params }) =>
      readFile(join(params.paths.prepared, 'manifest.json'), 'utf8'),
    );
    expect(await manifests[0]).toBe(await manifests[1]);
  });

  it('has another hash when one coordinate differs', async () => {
    const { params } = await localParams();
    const before = await prepare(params);
    const coco = tinyCoco({ annotations: [building(1, [square(2, 3, 10.01)])] });
    await writeZip(join(params.data.path!, 'data/test.zip'), await tinySplit(30, coco));
    expect((await prepare(params)).hash).not.toBe(before.hash);
  });

  it('adds custom samples to train under names of their own and leaves their folder alone', async () => {
    const { folder, params } = await localParams();
    const coco = tinyCoco({ images: [tinyEntry(0, 'A.png'), tinyEntry(1, 'a.png')] });
    const custom = await writeCustom(join(folder, 'mine'), coco, {
      'A.png': await tinyImage(1),
      'images/a.png': await tinyImage(2),
    });
    const before = await filesIn(custom);
    const report = await prepare({ ...params, data: { ...params.data, custom: [custom] } });
    expect(report.splits.train.origins).toEqual({ local: 1, [custom]: 2 });
    expect(report.splits.valid.origins).toEqual({ local: 1 });
    const { splits } = await openPrepared(params.paths.prepared);
    expect(splits.train.map(({ name }) => name)).toEqual(['a.png', 'A-2.png', 'a-3.png']);
    expect(splits.train.map(({ buildings }) => buildings.length)).toEqual([1, 0, 1]);
    expect(await filesIn(custom)).toEqual(before);
  });
});

describe('prepareData on bad input', () => {
  /** The failure is one line for the user, and the data set of before is still there, alone. */
  async function expectFailure(
    params: Params,
    folder: string,
    message: string | RegExp,
    breakInput: () => Promise<unknown>,
  ): Promise<void> {
    await prepare(params);
    const before = await filesIn(folder);
    const hash = (await openPrepared(params.paths.prepared)).manifest.hash;
    await breakInput();
    const failure = prepare(params);
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.not.toThrow('\n');
    expect((await openPrepared(params.paths.prepared)).manifest.hash).toBe(hash);
    expect((await filesIn(folder)).filter((name) => !name.startsWith('source/'))).toEqual(
      before.filter((name) => !name.startsWith('source/')),
    );
  }

  it.each<[string, RegExp, (zip: string) => Promise<unknown>]>([
    [
      'a broken zip',
      /Cannot unpack .+valid\.zip: it is not a whole zip file/,
      (zip) => writeFile(zip, 'no zip'),
    ],
    [
      'a truncated zip',
      /Cannot unpack .+valid\.zip: /,
      async (zip) => writeFile(zip, (await readFile(zip)).subarray(0, -30)),
    ],
    [
      'a missing zip',
      /^No data\/valid\.zip in .+: where there is one of .+, all three must be/,
      (zip) => rm(zip),
    ],
    [
      'annotations that are not COCO',
      /^_annotations\.coco\.json of .+valid\.zip is not COCO: annotations\[0\]\.image_id /,
      async (zip) => writeZip(zip, await tinySplit(20, tinyCoco({ annotations: [{ category_id: 1 }] }))),
    ],
    [
      'a zip without annotations',
      /valid\.zip holds no annotations \(found 1 images and 0 other files\)/,
      async (zip) => writeZip(zip, [{ name: 'a.png', content: await tinyImage() }]),
    ],
    [
      'an image that does not decode',
      /^Split valid has no usable image \(left out: 1 x image: does not decode\)/,
      async (zip) =>
        writeZip(zip, [
          { name: 'a.png', content: (await tinyImage()).subarray(0, 60) },
          { name: '_annotations.coco.json', content: JSON.stringify(tinyCoco()) },
        ]),
    ],
    [
      'an empty split',
      /^Split valid has no usable image \(left out: 1 x file: image without an entry\): every/,
      async (zip) => writeZip(zip, await tinySplit(20, tinyCoco({ images: [], annotations: [] }))),
    ],
    [
      'a split without a usable image',
      /^Split valid has no usable image \(left out: 1 x image: file is missing\): every/,
      async (zip) => writeZip(zip, [{ name: '_annotations.coco.json', content: JSON.stringify(tinyCoco()) }]),
    ],
  ])('fails on %s and keeps the old data', async (_name, message, breakZip) => {
    const { folder, params } = await localParams();
    await expectFailure(params, folder, message, () => breakZip(join(params.data.path!, 'data/valid.zip')));
  });

  it('fails on a training split without a building and keeps the old data', async () => {
    const { folder, params } = await localParams();
    const tooSmall = tinyCoco({ annotations: [building(1, [square(2, 3, 2)])] });
    await expectFailure(
      params,
      folder,
      /^Split train has no building in its 1 images \(left out: 1 x building: smaller than data\.min_area\): nothing could be learned/,
      async () => writeZip(join(params.data.path!, 'data/train.zip'), await tinySplit(10, tooSmall)),
    );
  });

  it('only warns of a validation or test split without a building', async () => {
    const { params } = await localParams();
    const none = tinyCoco({ annotations: [] });
    await writeZip(join(params.data.path!, 'data/valid.zip'), await tinySplit(20, none));
    const log = collectLog();
    const report = await prepareData(params, log);
    expect(report.splits.valid.buildings).toBe(0);
    expect(log.lines.filter((line) => line.startsWith('warning'))).toEqual([
      'warning: Split valid has no building in its 1 images: its mAP cannot be measured',
    ]);
  });

  it('names a missing folder of custom samples, and one without images', async () => {
    const { folder, params } = await localParams({ custom: [] });
    const missing = join(folder, 'mine');
    const withCustom = { ...params, data: { ...params.data, custom: [missing] } };
    await expect(prepare(withCustom)).rejects.toThrow(`No folder ${missing} (data.custom): `);
    // Before anything is fetched or unpacked: not even a missing source is noticed first.
    const nowhere = { ...withCustom, data: { ...withCustom.data, path: join(folder, 'nowhere') } };
    await expect(prepare(nowhere)).rejects.toThrow(`No folder ${missing} (data.custom): `);
    await writeCustom(missing, tinyCoco({ images: [], annotations: [] }), {});
    await expect(prepare(withCustom)).rejects.toThrow(`${missing} (data.custom) has no usable image`);
    expect(await readdir(folder)).toEqual(['mine', 'source']);
  });

  it('never replaces a folder that it did not write, nor one that holds its input', async () => {
    const { folder, params } = await localParams();
    await mkdir(params.paths.prepared);
    await writeFile(join(params.paths.prepared, 'thesis.tex'), 'years of work');
    await expect(prepare(params)).rejects.toThrow(
      /holds files that data-prep did not write, e\.g\. thesis\.tex/,
    );
    expect(await filesIn(params.paths.prepared)).toEqual(['thesis.tex']);
    await rm(params.paths.prepared, { recursive: true });
    await prepare(params);
    await writeFile(join(params.paths.prepared, 'notes.txt'), 'mine');
    await expect(prepare(params)).rejects.toThrow(/did not write, e\.g\. notes\.txt/);
    expect(await readFile(join(params.paths.prepared, 'notes.txt'), 'utf8')).toBe('mine');
    const around = { ...params, paths: { ...params.paths, prepared: folder } };
    await expect(prepare(around)).rejects.toThrow(/data\.path \(.+\) lies in it/);
  });

  it.each(['notes.txt', 'images/notes.txt', 'images/train-000.tar.bak', 'images/mine/a.jpg'])(
    'does not replace a data set into which %s was put, before or during the work',
    async (mine) => {
      const { params } = await localParams();
      await prepare(params);
      const file = join(params.paths.prepared, mine);
      const put = async () => {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, 'mine');
        return '';
      };
      const message = /holds files that data-prep did not write, e\.g\. (images\/)?(notes|train|mine)/;
      await expect(prepareData(params, collectLog(), { report: put })).rejects.toThrow(message);
      expect(await readFile(file, 'utf8')).toBe('mine');
      expect(await readdir(dirname(params.paths.prepared))).not.toContain('prepared.lock');
      await expect(prepare(params)).rejects.toThrow(message);
      expect(await readFile(file, 'utf8')).toBe('mine');
    },
  );

  it('says that the disk is full and keeps the old data', async ({ skip }) => {
    const { folder, params } = await localParams();
    await mountTmpfs(join(folder, 'disk'), 'size=512k', skip);
    const paths = { ...params.paths, prepared: join(folder, 'disk/prepared') };
    const noise = await sharp({
      create: {
        width: 600,
        height: 600,
        channels: 3,
        background: 'gray',
        noise: { type: 'gaussian', sigma: 60 },
      },
    })
      .png()
      .toBuffer();
    expect(noise.length).toBeGreaterThan(600_000);
    await expectFailure(
      { ...params, paths },
      folder,
      /^Cannot write .+: the disk is full: free some space/,
      () =>
        writeZip(join(params.data.path!, 'data/test.zip'), [
          { name: 'a.png', content: noise },
          { name: '_annotations.coco.json', content: JSON.stringify(tinyCoco()) },
        ]),
    );
  });

  it('says that the folder is read-only', async ({ skip }) => {
    const { folder, params } = await localParams();
    await mountTmpfs(join(folder, 'disk'), 'size=64k,ro', skip);
    const paths = { ...params.paths, prepared: join(folder, 'disk/prepared') };
    await expect(prepare({ ...params, paths })).rejects.toThrow(
      /^Cannot write .+: the file system is read-only/,
    );
    expect((await stat(join(folder, 'disk'))).isDirectory()).toBe(true);
    const deeper = { ...paths, prepared: join(folder, 'disk/deeper/prepared') };
    await expect(prepare({ ...params, paths: deeper })).rejects.toThrow(
      /^Cannot make the folder .+: the file system is read-only/,
    );
  });
});
