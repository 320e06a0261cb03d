import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../src/data/doctor/building-outline.ts';
import type { SourceImage } from '../../src/data/doctor/source-image.ts';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { readStored } from '../../src/data/read-stored.ts';
import { hashOfFiles, uniqueNames, writePrepared } from '../../src/data/write-prepared.ts';
import { collectLog } from '../support/collect-log.ts';
import { square, tinyImage } from '../support/source-zips.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

const files = (hashes: Record<string, string>) =>
  Object.fromEntries(Object.entries(hashes).map(([path, sha256]) => [path, { size: 1, sha256 }]));

describe('uniqueNames', () => {
  it('changes later names only, whatever their case', () => {
    expect(uniqueNames(['a.jpg', 'A.JPG', 'b', 'a.jpg', 'b', 'a.png'])).toEqual([
      'a.jpg',
      'A-2.JPG',
      'b',
      'a-3.jpg',
      'b-2',
      'a.png',
    ]);
  });

  it('is quick where all are called the same', () => {
    const names = uniqueNames(Array.from({ length: 20_000 }, () => '1.jpg'));
    expect(new Set(names).size).toBe(20_000);
    expect(names.at(-1)).toBe('1-20000.jpg');
  }, 10_000);

  it('does not run into a name that looks like a changed one', () => {
    expect(uniqueNames(['a.jpg', 'a-2.jpg', 'a.jpg'])).toEqual(['a.jpg', 'a-2.jpg', 'a-3.jpg']);
    expect(uniqueNames(['a.jpg', 'a.jpg', 'a-2.jpg'])).toEqual(['a.jpg', 'a-2.jpg', 'a-2-2.jpg']);
  });
});

describe('writePrepared', () => {
  it('keeps crowd regions apart, as COCO does, and every name as it is', async () => {
    const folder = await tempFolder();
    const file = join(folder, 'image');
    await writeFile(file, await tinyImage());
    const facts = { sha256: '', perceptualHash: null, brightness: 0.5 };
    const image = (name: string, origin: string): SourceImage => ({
      ...{
        file,
        name,
        sourceName: name,
        width: 32,
        height: 24,
        origin,
        split: 'train',
        temporary: false,
        facts,
      },
      buildings: [outlineOf([square(2, 3, 10)])],
      crowds: [[square(0, 0, 4), square(20, 10, 5)]],
    });
    const names = ['Dächer – 屋根.png', `${'x'.repeat(150)}.png`, 'a.png', 'A.png'];
    const images = names.map((name, i) => image(name, i === 0 ? 'local' : 'mine'));
    const content = { images, findings: [], source: 'local', divisions: {} };
    const target = join(folder, 'prepared');
    await mkdir(target);
    const manifest = await writePrepared(target, content, { log: collectLog() });
    expect(manifest.splits.train).toMatchObject({
      ...{ images: 4, buildings: 4, crowds: 4, origins: { local: 1, mine: 3 } },
    });
    const { splits } = await openPrepared(target);
    expect(splits.train.map(({ name }) => name)).toEqual([...names.slice(0, 3), 'A-2.png']);
    for (const { bytes, crowds, buildings } of splits.train) {
      expect(await readStored(bytes)).toEqual(await tinyImage());
      expect(crowds).toEqual([[square(0, 0, 4), square(20, 10, 5)]]);
      expect(buildings.map(({ polygons }) => polygons)).toEqual([[square(2, 3, 10)]]);
    }
    const coco = JSON.parse(await readFile(join(target, 'train.json'), 'utf8'));
    expect(coco.annotations.slice(0, 2)).toMatchObject([
      { id: 1, image_id: 1, iscrowd: 0, area: 100 },
      { id: 2, image_id: 1, iscrowd: 1, area: 41, bbox: [0, 0, 25, 15] },
    ]);
  });

  it('ends when it is told to, without a manifest', async () => {
    const folder = await tempFolder();
    const file = join(folder, 'image');
    await writeFile(file, await tinyImage());
    const facts = { sha256: '', perceptualHash: null, brightness: 0.5 };
    const image: SourceImage = {
      ...{ file, name: 'a.png', sourceName: 'a.png', width: 32, height: 24, origin: 'local' },
      ...{ split: 'train', temporary: false, facts, buildings: [], crowds: [] },
    };
    const stop = new AbortController();
    const content = {
      images: Array.from({ length: 9 }, (_, i): SourceImage => {
        // The fifth stops the work as it is packed.
        return i === 4
          ? Object.defineProperty({ ...image }, 'file', { get: () => stop.abort() ?? file })
          : image;
      }),
      ...{ findings: [], source: 'local', divisions: {} },
    };
    const writing = writePrepared(folder, content, { log: collectLog(), signal: stop.signal });
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
    expect(await filesIn(folder)).toEqual(['image', 'images/train-000.tar']);
  });
});

describe('hashOfFiles', () => {
  it('does not depend on the order in which files were written', () => {
    expect(hashOfFiles(files({ a: '1', b: '2' }))).toBe(hashOfFiles(files({ b: '2', a: '1' })));
  });

  it('tells names and contents apart', () => {
    const hashes = [{ a: '1', b: '2' }, { a: '2', b: '1' }, { a: '1' }, { a: '1', c: '2' }, {}].map(
      (hashes) => hashOfFiles(files(hashes as Record<string, string>)),
    );
    expect(new Set(hashes).size).toBe(5);
  });
});
