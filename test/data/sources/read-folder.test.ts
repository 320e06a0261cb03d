import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSourceFolder } from '../../../src/data/sources/read-folder.ts';
import { building, square, tinyCoco, tinyEntry, tinyImage } from '../../support/source-zips.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

async function read(coco: unknown, files: string[] = ['a.png'], minArea = 0) {
  const folder = await tempFolder();
  const annotations = typeof coco === 'string' ? coco : JSON.stringify(coco);
  await writeFile(join(folder, '_annotations.coco.json'), annotations);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), await tinyImage());
  }
  return readSourceFolder({ folder, label: 'train.zip', origin: 'local', temporary: true }, minArea);
}

describe('readSourceFolder', () => {
  it('reads images with their buildings', async () => {
    const { images, dropped } = await read(tinyCoco());
    expect(dropped).toEqual({});
    expect(images).toMatchObject([{ name: 'a.png', width: 32, height: 24, origin: 'local' }]);
    expect(images[0]!.buildings).toEqual([{ polygons: [square(2, 3, 10)], box: [3, 2, 13, 12], area: 100 }]);
  });

  const inCategory = (id: number) => [building(1, [square(2, 3, 10)], { category_id: id })];
  it.each([
    ['the hub data set: id 0', [{ id: 0, name: 'building', supercategory: 'buildings' }], 0],
    ['COCO: id 1', [{ id: 1, name: 'Building' }], 1],
    [
      'a raw Roboflow export: placeholder of the same name, then id 1',
      [
        { id: 0, name: 'buildings', supercategory: 'none' },
        { id: 1, name: 'Building', supercategory: 'buildings' },
      ],
      1,
    ],
    [
      'a Roboflow placeholder of another name',
      [
        { id: 0, name: 'roofs-v1', supercategory: 'none' },
        { id: 1, name: 'BUILDINGS', supercategory: 'roofs-v1' },
      ],
      1,
    ],
  ])('understands the categories of %s', async (_name, categories, id) => {
    const { images, dropped } = await read(tinyCoco({ categories, annotations: inCategory(id) }));
    expect(images[0]!.buildings).toHaveLength(1);
    expect(dropped).toEqual({});
  });

  it('keeps buildings only, of several categories', async () => {
    const categories = ['building', 'road', 'Buildings'].map((name, id) => ({ id, name }));
    const annotations = [...inCategory(0), ...inCategory(1), ...inCategory(2)];
    const { images, dropped } = await read(tinyCoco({ categories, annotations }));
    expect(images[0]!.buildings).toHaveLength(2);
    expect(dropped).toEqual({ 'annotation: not a building': 1 });
  });

  it('asks for a category of buildings where there is none', async () => {
    const categories = [{ id: 1, name: 'house' }];
    await expect(read(tinyCoco({ categories }))).rejects.toThrow(
      '_annotations.coco.json of train.zip has no category "building", only "house": rename the category that means buildings',
    );
  });

  it('counts what it cannot use, by reason', async () => {
    const sound = [square(2, 3, 10)];
    const { images, dropped } = await read(
      tinyCoco({
        images: [tinyEntry(1, 'a.png'), tinyEntry(2, 'gone.png'), tinyEntry(3, 'a.png')],
        annotations: [
          building(1, sound),
          building(1, sound, { iscrowd: 1 }),
          building(1, { counts: 'abc', size: [24, 32] }),
          building(1, []),
          building(1, null),
          building(1, [square(50, 50, 5)]),
          building(1, [square(1, 1, 2)]),
          building(2, sound),
          building(3, sound),
          building(77, sound),
        ],
      }),
      ['a.png', 'unlisted.png'],
      9,
    );
    expect(images[0]!.buildings).toHaveLength(1);
    expect(dropped).toEqual({
      'image: file is missing': 1,
      'image: listed twice': 1,
      'file: image without an entry in the annotations': 1,
      'building: of a dropped image': 2,
      'building: of an image that is not listed': 1,
      'building: crowd region': 1,
      'building: RLE instead of polygons': 1,
      'building: no outline': 2,
      'building: outside the image': 1,
      'building: smaller than data.min_area': 1,
    });
  });

  it('keeps images without buildings', async () => {
    const { images } = await read(tinyCoco({ annotations: [] }));
    expect(images).toMatchObject([{ name: 'a.png', buildings: [] }]);
  });

  it('finds images in images/ and in folders that entries name, and sorts them', async () => {
    const entries = [tinyEntry(1, 'z.png'), tinyEntry(2, 'sub/b.png'), tinyEntry(3, './c.png')];
    const { images } = await read(tinyCoco({ images: entries, annotations: [] }), [
      'images/z.png',
      'sub/b.png',
      'c.png',
    ]);
    expect(images.map(({ name }) => name)).toEqual(['c.png', 'b.png', 'z.png']);
  });

  it('does not follow an entry out of the folder', async () => {
    const { images, dropped } = await read(tinyCoco({ images: [tinyEntry(1, '../../outside.png')] }));
    expect(images).toEqual([]);
    expect(dropped['image: file is missing']).toBe(1);
  });

  it('follows links to files, as DVC makes them, and takes a dead one for a missing file', async () => {
    const folder = await tempFolder();
    const cache = await tempFolder();
    await writeFile(join(cache, 'abc'), await tinyImage());
    await symlink(join(cache, 'abc'), join(folder, 'a.png'));
    await symlink(join(cache, 'nowhere'), join(folder, 'b.png'));
    const coco = tinyCoco({ images: [tinyEntry(1, 'a.png'), tinyEntry(2, 'b.png')], annotations: [] });
    await writeFile(join(folder, '_annotations.coco.json'), JSON.stringify(coco));
    const source = { folder, label: folder, origin: folder, temporary: false };
    const { images, dropped } = await readSourceFolder(source, 0);
    expect(images.map(({ name }) => name)).toEqual(['a.png']);
    expect(dropped).toEqual({ 'image: file is missing': 1 });
  });

  it('asks for the annotation file where there is none, or more than one', async () => {
    const folder = await tempFolder();
    const source = { folder, label: 'valid.zip', origin: 'local', temporary: true };
    await expect(readSourceFolder(source, 0)).rejects.toThrow(
      'valid.zip must hold one _annotations.coco.json, found none: export the annotations as COCO segmentation',
    );
    for (const name of ['a', 'b']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, '_annotations.coco.json'), '{}');
    }
    await expect(readSourceFolder(source, 0)).rejects.toThrow(
      'found a/_annotations.coco.json, b/_annotations.coco.json',
    );
  });
});
