import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRings } from '../../../src/data/doctor/read-rings.ts';
import { readContent } from '../../support/source-folder.ts';
import { building, square, tinyCoco, tinyEntry } from '../../support/source-zips.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();
const SOUND = [square(2, 3, 10)];

async function read(coco: unknown, files: string[] = ['a.png']) {
  const images = Object.fromEntries(files.map((file) => [file, 'image']));
  return readContent(await tempFolder(), { '_annotations.coco.json': coco, ...images });
}

const kindsOf = ({ findings }: { findings: { kind: string; treatment: string }[] }) =>
  findings.map(({ kind, treatment }) => `${kind} ${treatment}`);

describe('COCO', () => {
  it('is read as it stands there', async () => {
    const rle = { counts: 'abc', size: [24, 32] };
    const annotations = [
      building(1, SOUND, { bbox: [2, 3, 10, 10], area: 100 }),
      building(1, rle, { iscrowd: 1 }),
      building(1, null),
      building(1, [[null, 'x']]),
    ];
    const { samples, findings } = await read(tinyCoco({ annotations }));
    expect(findings).toEqual([]);
    expect(samples).toMatchObject([
      { name: 'a.png', size: { width: 32, height: 24 }, origin: 'own', split: null, temporary: false },
    ]);
    const polygons = (rings: unknown) => ({ kind: 'polygons', unit: 'pixels', rings });
    const none = { box: null, area: null, crowd: false };
    expect(samples[0]!.annotations).toEqual([
      { entry: 'annotations[0]', outline: polygons(SOUND), crowd: false, box: [2, 3, 10, 10], area: 100 },
      { ...none, entry: 'annotations[1]', outline: { kind: 'rle', ...rle }, crowd: true },
      { ...none, entry: 'annotations[2]', outline: polygons([]) },
      { ...none, entry: 'annotations[3]', outline: polygons([[null, 'x']]) },
    ]);
  });

  it('takes a flat outline for one ring, and leaves broken ones to the doctor', async () => {
    const broken = [[1, [2, 3]], 'none', 7, { width: 3 }];
    const annotations = [SOUND[0], ...broken].map((outline) => building(1, outline));
    const { samples, findings } = await read(tinyCoco({ annotations }));
    expect(findings).toEqual([]);
    const frame = { width: 32, height: 24 };
    const ringsOf = samples[0]!.annotations.map(({ outline }) => readRings(outline, frame));
    expect(ringsOf[0]).toEqual({ rings: SOUND, unreadable: [] });
    expect(ringsOf.slice(1).map(({ rings, unreadable }) => [rings.length, unreadable.length])).toEqual(
      broken.map(() => [0, 1]),
    );
  });

  it('takes what may be a crowd region for one', async () => {
    const flags = [0, 1, false, true, '0', '1', null, 2, 'no', [1]];
    const annotations = flags.map((iscrowd) => building(1, SOUND, { iscrowd }));
    const content = await read(tinyCoco({ annotations }));
    expect(content.samples[0]!.annotations.map(({ crowd }) => crowd)).toEqual([
      ...[false, true, false, true, false, true, false],
      ...[true, true, true],
    ]);
    expect(content.findings.map(({ entry, detail }) => `${entry} ${detail}`)).toEqual([
      'annotations[7] its iscrowd is 2, not 0 or 1: it is taken for a crowd region',
      'annotations[8] its iscrowd is no, not 0 or 1: it is taken for a crowd region',
      'annotations[9] its iscrowd is a list or an object, not 0 or 1: it is taken for a crowd region',
    ]);
    expect(new Set(kindsOf(content))).toEqual(new Set(['annotation_malformed repaired']));
  });

  it('notes the one image whose size is none, and goes on', async () => {
    const images = [
      { ...tinyEntry(1, 'a.png'), width: 0 },
      tinyEntry(2, 'b.png'),
      { id: 3, file_name: 'c.png' },
    ];
    const content = await read(tinyCoco({ images }), ['a.png', 'b.png', 'c.png']);
    expect(content.samples.map(({ size }) => size)).toEqual([null, { width: 32, height: 24 }, null]);
    expect(content.samples[0]!.annotations).toHaveLength(1);
    expect(content.findings).toMatchObject([
      {
        ...{ kind: 'image_size', image: 'a.png', entry: 'images[0]', treatment: 'repaired' },
        detail: 'the annotations say 0 x 24 pixels, which is no size: that of the file counts',
      },
    ]);
  });

  const inCategory = (id: unknown) => [building(1, SOUND, { category_id: id })];
  it.each([
    ['the hub data set: id 0', [{ id: 0, name: 'building', supercategory: 'buildings' }], 0],
    ['COCO: id 1', [{ id: 1, name: 'Building' }], 1],
    ['ids that are texts', [{ id: 'b', name: ' BUILDINGS ' }], 'b'],
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
  ])('has the categories of %s', async (_name, categories, id) => {
    const { samples, findings } = await read(tinyCoco({ categories, annotations: inCategory(id) }));
    expect(samples[0]!.annotations).toHaveLength(1);
    expect(findings).toEqual([]);
  });

  it('keeps buildings only, of several categories', async () => {
    const categories = ['building', 'road', 'Buildings'].map((name, id) => ({ id, name }));
    const annotations = [0, 1, 2, 9].flatMap(inCategory);
    const content = await read(tinyCoco({ categories, annotations }));
    expect(content.samples[0]!.annotations.map(({ entry }) => entry)).toEqual([
      'annotations[0]',
      'annotations[2]',
    ]);
    expect(content.findings).toMatchObject([
      { kind: 'annotation_other', image: 'a.png', entry: 'annotations[1]', detail: 'of category "road"' },
      {
        kind: 'annotation_category',
        entry: 'annotations[3]',
        detail: 'no category has the id 9',
        treatment: 'dropped',
      },
    ]);
  });

  it('takes wrong category ids for buildings where there is nothing else', async () => {
    const content = await read(tinyCoco({ annotations: [9, null, undefined].flatMap(inCategory) }));
    expect(content.samples[0]!.annotations).toHaveLength(3);
    expect(kindsOf(content)).toEqual(new Array(3).fill('annotation_category repaired'));
  });

  it('asks for a category of buildings where there is none', async () => {
    const categories = [{ id: 1, name: 'house' }];
    await expect(read(tinyCoco({ categories }))).rejects.toThrow(
      '_annotations.coco.json of own has no category "building", only "house": rename the category that means buildings',
    );
    await expect(read(tinyCoco({ categories: [] }))).rejects.toThrow('no category "building", only none:');
    expect((await read(tinyCoco({ categories, annotations: [] }))).samples).toHaveLength(1);
  });

  it('notes what belongs to nothing', async () => {
    const images = [tinyEntry(1, 'a.png'), tinyEntry(2, 'gone.png'), tinyEntry(3, './a.png')];
    const annotations = [1, 2, 3, 77].map((id) => building(id, SOUND));
    const { samples, findings } = await read(tinyCoco({ images, annotations }), [
      'a.png',
      'sub/unlisted.png',
    ]);
    expect(samples.map(({ file, name }) => [file === null, name])).toEqual([
      [false, 'a.png'],
      [true, 'gone.png'],
    ]);
    expect(samples[1]!.annotations).toHaveLength(1);
    expect(findings).toMatchObject([
      { kind: 'annotation_orphan', image: null, entry: 'annotations[3]', detail: 'no image has the id 77' },
      {
        kind: 'image_listed_twice',
        image: 'a.png',
        entry: 'images[2]',
        detail: 'again by images[2]; its annotation is left out',
      },
      { kind: 'image_unlisted', image: 'sub/unlisted.png', entry: null },
    ]);
  });

  it('finds images in images/ and in folders that entries name, and sorts them', async () => {
    const entries = [tinyEntry(1, 'z.png'), tinyEntry(2, 'sub\\b.png'), tinyEntry(3, './c.png')];
    const { samples } = await read(tinyCoco({ images: entries, annotations: [] }), [
      ...['images/z.png', 'sub/b.png', 'c.png'],
    ]);
    expect(samples.map(({ name }) => name)).toEqual(['c.png', 'images/z.png', 'sub/b.png']);
  });

  it.each(['../../a.png', '/etc/a.png', 'C:\\Users\\me\\a.png', '//host/share/a.png'])(
    'does not follow %s out of the folder',
    async (name) => {
      const folder = await tempFolder();
      const content = {
        '_annotations.coco.json': tinyCoco({ images: [tinyEntry(1, name)] }),
        'a.png': 'image',
      };
      const { samples } = await readContent(folder, content);
      expect(samples).toMatchObject([{ file: join(folder, 'data/a.png'), name: 'a.png' }]);
      const { samples: missing } = await read(tinyCoco({ images: [tinyEntry(1, name)] }), []);
      expect(missing).toMatchObject([{ file: null, name }]);
    },
  );

  it('has the splits of Roboflow folders', async () => {
    const coco = tinyCoco();
    const { samples } = await readContent(await tempFolder(), {
      ...{ 'train/_annotations.coco.json': coco, 'train/a.png': 'image' },
      ...{ 'valid/_annotations.coco.json': coco, 'valid/a.png': 'image' },
      ...{ 'test/_annotations.coco.json': coco, 'test/a.png': 'image' },
    });
    expect(samples.map(({ name, split }) => [name, split])).toEqual([
      ['test/a.png', 'test'],
      ['train/a.png', 'train'],
      ['valid/a.png', 'valid'],
    ]);
  });

  it("has the splits of COCO's own layout", async () => {
    const coco = tinyCoco();
    const { samples, findings } = await readContent(await tempFolder(), {
      ...{ 'annotations/instances_train2017.json': coco, 'annotations/instances_val2017.json': coco },
      ...{ 'train2017/a.png': 'image', 'val2017/a.png': 'image' },
    });
    expect(samples.map(({ name, split }) => [name, split])).toEqual([
      ['train2017/a.png', 'train'],
      ['val2017/a.png', 'valid'],
    ]);
    expect(findings).toEqual([]);
  });

  it('is taken from any JSON that is COCO, where none has the usual name', async () => {
    const { samples } = await readContent(await tempFolder(), {
      ...{ 'annotations.json': tinyCoco(), 'a.png': 'image', 'counts.json': { train: 3 } },
    });
    expect(samples).toMatchObject([{ name: 'a.png' }]);
    const twice = { 'a.json': tinyCoco(), 'b.json': tinyCoco(), 'a.png': 'image' };
    await expect(readContent(await tempFolder(), twice)).rejects.toThrow(
      'own holds two COCO files for the same images, a.json and b.json: keep one, or call one _annotations.coco.json',
    );
    const named = { ...twice, '_annotations.coco.json': tinyCoco() };
    expect((await readContent(await tempFolder(), named)).samples).toHaveLength(1);
  });
});
