import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { polygonArea } from '../../../src/masks/polygon.ts';
import { decodeRle } from '../../../src/masks/rle.ts';
import { rleFromCoco } from '../../../src/masks/rle-from-coco.ts';
import { type FolderContent, readContent } from '../../support/source-folder.ts';
import { tinyImage } from '../../support/source-zips.ts';
import { filesIn, useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

const TRIANGLE = [
  [1, 2],
  [9, 2],
  [9.5, 8],
];

function shape(more: object = {}): object {
  return { label: 'building', points: TRIANGLE, group_id: null, shape_type: 'polygon', flags: {}, ...more };
}

function labelme(shapes: unknown, more: object = {}): object {
  const base = {
    version: '5.4.1',
    flags: {},
    imagePath: 'a.png',
    imageData: null,
    imageHeight: 24,
    imageWidth: 32,
  };
  return { ...base, shapes, ...more };
}

const read = async (content: FolderContent) => readContent(await tempFolder(), content);
const readShapes = (shapes: unknown, more: object = {}) =>
  read({ 'a.json': labelme(shapes, more), 'a.png': 'image' });

const polygons = (...rings: unknown[]) => ({ kind: 'polygons', unit: 'pixels', rings });

describe('Labelme', () => {
  it('is one image for each file', async () => {
    const { samples, findings } = await read({
      'a.json': labelme([shape({ label: ' Buildings' })]),
      'a.png': 'image',
      'sub/b.json': labelme([], { imagePath: 'b.png' }),
      'sub/b.png': 'image',
      'c.png': 'image',
    });
    expect(samples).toMatchObject([
      { name: 'a.png', size: { width: 32, height: 24 }, origin: 'own', split: null, temporary: false },
      { name: 'sub/b.png', annotations: [] },
    ]);
    const annotation = { entry: 'shapes[0]', crowd: false, box: null, area: null };
    expect(samples[0]!.annotations).toEqual([{ ...annotation, outline: polygons([1, 2, 9, 2, 9.5, 8]) }]);
    expect(findings).toMatchObject([{ kind: 'image_unlisted', image: 'c.png' }]);
  });

  it('takes shapes without a type, as old files have them, for polygons', async () => {
    const { samples } = await readShapes([{ label: 'building', points: TRIANGLE }]);
    expect(samples[0]!.annotations[0]!.outline).toEqual(polygons(TRIANGLE.flat()));
  });

  it('joins the shapes of a group to one building', async () => {
    const parts = [1, 'x', 1, null, 'x', null].map((group_id) => shape({ group_id }));
    const { samples } = await readShapes(parts);
    const rings = samples[0]!.annotations.map(({ entry, outline }) => [
      entry,
      outline.kind === 'polygons' && outline.rings.length,
    ]);
    expect(rings).toEqual([
      ['shapes[0]', 2],
      ['shapes[1]', 2],
      ['shapes[3]', 1],
      ['shapes[5]', 1],
    ]);
  });

  it('leaves out boxes, lines, points, other labels and what is no shape', async () => {
    const { samples, findings } = await readShapes([
      shape({ shape_type: 'rectangle' }),
      shape({ shape_type: 'point' }),
      shape({ label: 'tree', shape_type: 'point' }),
      shape({ points: [[1, 2, 3]] }),
      null,
      shape(),
    ]);
    expect(samples[0]!.annotations).toHaveLength(1);
    expect(findings.map(({ kind, entry, detail }) => `${kind} ${entry} ${detail}`)).toEqual([
      'annotation_shape shapes[0] rectangle instead of a polygon',
      'annotation_shape shapes[1] point instead of a polygon',
      'annotation_other shapes[2] of label "tree"',
      'annotation_malformed shapes[3] points.0: Too big: expected array to have exactly 2 items',
      'annotation_malformed shapes[4] shape: Invalid input: expected object, received null',
    ]);
    expect(new Set(findings.map(({ image, treatment }) => `${image} ${treatment}`))).toEqual(
      new Set(['a.png dropped']),
    );
  });

  it('makes a polygon of a circle, and says so', async () => {
    const points = [
      [10, 12],
      [13, 16],
    ];
    const { samples, findings } = await readShapes([shape({ shape_type: 'circle', points })]);
    const { outline } = samples[0]!.annotations[0]!;
    const ring = outline.kind === 'polygons' ? (outline.rings[0] as number[]) : [];
    expect(ring.slice(0, 2)).toEqual([15, 12]);
    expect(polygonArea(ring) / (Math.PI * 25)).toBeGreaterThan(0.998);
    expect(findings).toMatchObject([{ kind: 'annotation_shape', treatment: 'repaired' }]);
    const broken = await readShapes([shape({ shape_type: 'circle', points: points.slice(1) })]);
    expect(broken.findings).toMatchObject([{ kind: 'annotation_malformed', treatment: 'dropped' }]);
  });

  async function maskShape(rows: string[], at: [number, number], more: object = {}): Promise<object> {
    const pixels = Uint8Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0));
    const [height, width] = [rows.length, rows[0]!.length];
    const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer();
    const points = [at, [at[0] + width - 1, at[1] + height - 1]];
    return shape({ shape_type: 'mask', points, mask: png.toString('base64'), ...more });
  }

  it('makes run lengths of the image of a mask', async () => {
    const { samples, findings } = await readShapes([await maskShape(['##.', '#.#', '..#'], [3, 20])]);
    expect(findings).toEqual([]);
    const { outline } = samples[0]!.annotations[0]!;
    const pixels = outline.kind === 'rle' ? decodeRle(rleFromCoco(outline.counts, outline.size)) : [];
    const inside = [...pixels.entries()]
      .filter(([, value]) => value === 1)
      .map(([i]) => [i % 32, Math.floor(i / 32)]);
    expect(inside).toEqual([
      [3, 20],
      [4, 20],
      [3, 21],
      [5, 21],
      [5, 22],
    ]);
  });

  it('joins a mask with polygons of its group', async () => {
    const mask = await maskShape(['##', '##'], [3, 20], { group_id: 1 });
    const { samples } = await readShapes([mask, shape({ group_id: 1 })]);
    expect(samples[0]!.annotations).toHaveLength(1);
    expect(samples[0]!.annotations[0]!.outline).toEqual(
      polygons([5, 20, 5, 22, 3, 22, 3, 20], TRIANGLE.flat()),
    );
  });

  it('leaves out masks that cannot be placed', async () => {
    const mask = await maskShape(['##', '##'], [31, 20]);
    const wrong = shape({ shape_type: 'mask', points: [[1, 1]], mask: 'bm8gUE5H' });
    const { findings } = await readShapes([mask, wrong, shape({ shape_type: 'mask' })]);
    expect(findings.map(({ kind, detail }) => `${kind} ${detail}`)).toEqual([
      'annotation_malformed mask: 2x2 pixels at 31, 20 lie outside the image',
      expect.stringMatching(/^annotation_malformed mask: its PNG does not decode \(.+\)$/),
      'annotation_malformed mask: expected its upper left corner in whole pixels, and a PNG in base64',
    ]);
    const sizeless = await readShapes([mask], { imageWidth: null });
    expect(sizeless.findings).toMatchObject([
      { detail: expect.stringContaining('imageWidth and imageHeight') },
    ]);
  });

  it.each([
    ['beside', 'a.png', 'ann/a.png'],
    ['in another folder', '../images/a.png', 'images/a.png'],
    ['on another machine', 'C:\\Users\\me\\a.png', 'ann/a.png'],
    ['out of the folder', '../../../a.png', 'ann/a.png'],
    ['nowhere, and is called as the file', 'renamed.png', 'ann/x.JPG'],
    ['nowhere, and in images/', null, 'images/x.tif'],
  ])('finds an image whose imagePath is %s', async (_name, imagePath, place) => {
    const { samples } = await read({ 'ann/x.json': labelme([shape()], { imagePath }), [place]: 'image' });
    expect(samples).toMatchObject([{ name: place, file: expect.stringContaining(place) }]);
  });

  it('takes out an embedded image where there is no file', async () => {
    const folder = await tempFolder();
    const image = await tinyImage(7, 'jpeg');
    const embedded = labelme([shape()], { imageData: image.toString('base64'), imagePath: '../../evil.png' });
    const { samples, findings } = await readContent(folder, {
      'sub/a.json': embedded,
      'sub/b.json': embedded,
    });
    expect(findings).toEqual([]);
    expect(samples.map(({ name, temporary }) => [name, temporary])).toEqual([
      ['sub/a.jpg', true],
      ['sub/b.jpg', true],
    ]);
    for (const { file } of samples) expect(await readFile(file!)).toEqual(image);
    expect((await filesIn(folder)).filter((name) => !name.startsWith('data/'))).toEqual([
      expect.stringMatching(/^work\/embedded-\w+\/0\.jpg$/),
      expect.stringMatching(/^work\/embedded-\w+\/1\.jpg$/),
    ]);
  });

  it('keeps an image whose file is missing, and embedded data that are no image, for the doctor to tell', async () => {
    const { samples } = await read({
      'a.json': labelme([shape()], { imageData: 'bm8gaW1hZ2U=' }),
      'z.png': 'image',
    });
    expect(samples).toMatchObject([{ file: null, name: 'a.png', annotations: [{}] }]);
  });

  it('notes two files of one image', async () => {
    const { samples, findings } = await read({
      'a.json': labelme([shape()]),
      'b.json': labelme([]),
      'a.png': 'image',
    });
    expect(samples).toHaveLength(1);
    expect(findings).toMatchObject([{ kind: 'image_listed_twice', image: 'a.png', entry: 'b.json' }]);
  });

  it('asks for buildings where there are none, and for the right structure', async () => {
    await expect(readShapes([shape({ label: 'house' }), shape({ label: 'a\nb' })])).rejects.toThrow(
      'own has no category "building", only "house", "a\\nb": rename the category that means buildings',
    );
    await expect(readShapes({})).rejects.toThrow(
      'a.json of own is not Labelme JSON: shapes: Invalid input: expected array, received object; save it again',
    );
    expect((await readShapes([])).samples).toHaveLength(1);
  });
});
