import { open, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { preparedSamples } from '../../src/data/prepared-samples.ts';
import { verifyPrepared } from '../../src/data/verify-prepared.ts';
import { collectLog } from '../support/collect-log.ts';
import { square, tinyImage, writeTinySource } from '../support/source-zips.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { testParams } from '../support/test-params.ts';

const tempFolder = useTempFolders();
let folder: string;

beforeEach(async () => {
  const root = await tempFolder();
  const path = await writeTinySource(join(root, 'source'));
  const params = testParams(root, { source: 'local', path, custom: [] });
  await prepareData(params, collectLog());
  folder = params.paths.prepared;
});

describe('verifyPrepared', () => {
  it('finds nothing in what data-prep wrote', async () => {
    expect(await verifyPrepared(folder)).toEqual([]);
  });

  it('finds a single bit that openPrepared cannot see', async () => {
    const path = join(folder, 'images/valid-000.tar');
    const shard = await open(path, 'r+');
    const byte = Buffer.alloc(1);
    await shard.read(byte, 0, 1, 600);
    byte[0]! ^= 1;
    await shard.write(byte, 0, 1, 600);
    await shard.close();
    await openPrepared(folder);
    expect(await verifyPrepared(folder)).toEqual([`${path} has other bytes than were written`]);
  });

  it('lists all that is missing or cut off', async () => {
    await rm(join(folder, 'test.json'));
    await truncate(join(folder, 'images/train-000.tar'), 1000);
    const { size } = (await readManifestFiles())['images/train-000.tar']!;
    expect(await verifyPrepared(folder)).toEqual([
      `${join(folder, 'images/train-000.tar')} has 1000 bytes, expected ${size}`,
      `${join(folder, 'test.json')} is missing`,
    ]);
  });

  it('asks for data-prep where there is no data set, and ends when it is told to', async () => {
    await expect(verifyPrepared(join(folder, 'images'))).rejects.toThrow(/run `aerial data-prep` first$/);
    const signal = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(verifyPrepared(folder, { signal })).rejects.toThrow('Ctrl-C');
  });

  async function readManifestFiles(): Promise<Record<string, { size: number }>> {
    return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')).files;
  }
});

describe('preparedSamples', () => {
  it('gives images, outlines, splits and origins as they were prepared', async () => {
    const { samples, findings } = await preparedSamples(folder, await tempFolder());
    expect(findings).toEqual([]);
    expect(samples.map(({ split, name, origin }) => [split, name, origin])).toEqual([
      ['train', 'a.png', 'local'],
      ['valid', 'a.png', 'local'],
      ['test', 'a.png', 'local'],
    ]);
    expect(await readFile(samples[1]!.file!)).toEqual(await tinyImage(20));
    expect(samples[1]).toMatchObject({
      size: { width: 32, height: 24 },
      annotations: [
        { outline: { kind: 'polygons', rings: [square(2, 3, 10)], unit: 'pixels' }, crowd: false },
      ],
    });
  });

  it('ends when it is told to', async () => {
    const work = await tempFolder();
    const signal = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(preparedSamples(folder, work, { signal })).rejects.toThrow('Ctrl-C');
    expect(await readdir(join(work, 'train'))).toEqual([]);
  });
});
