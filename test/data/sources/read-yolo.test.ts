import { describe, expect, it } from 'vitest';
import { parseYoloLabels } from '../../../src/data/sources/yolo-labels.ts';
import { UserError } from '../../../src/system/errors.ts';
import { type FolderContent, readContent } from '../../support/source-folder.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();
const LINE = '0 0.1 0.2 0.5 0.2 0.5 0.75';
const RING = [0.1, 0.2, 0.5, 0.2, 0.5, 0.75];
const DATA = 'names: [building]\n';

const read = async (content: FolderContent) => readContent(await tempFolder(), content);

describe('parseYoloLabels', () => {
  it('reads polygons, whatever the white space', () => {
    expect(parseYoloLabels(`\uFEFF${LINE}\r\n\n 1\t.5 -0 1e-1 1 0 1. \n`)).toEqual([
      { line: 1, class: 0, ring: RING },
      { line: 3, class: 1, ring: [0.5, -0, 0.1, 1, 0, 1] },
    ]);
    expect(parseYoloLabels('')).toEqual([]);
  });

  it.each([
    ['a box', '0 0.5 0.5 0.1 0.1', 'annotation_shape', 'a box instead of a polygon'],
    ['a box with its score', '0 0.5 0.5 0.1 0.1 0.9', 'annotation_shape', 'a box instead of a polygon'],
    [
      'half a point',
      '0 1 1 2 2 3 3 4',
      'annotation_malformed',
      '7 coordinates: expected x and y of at least',
    ],
    ['no point', '0', 'annotation_malformed', '0 coordinates: expected'],
    ['texts', '0 1 1 2 b 3 3', 'annotation_malformed', 'holds what is no number'],
    ['hexadecimal numbers', '0 1 1 0x2 2 3 3', 'annotation_malformed', 'holds what is no number'],
    ['no class', 'building 1 1 2 2 3 3', 'annotation_malformed', 'does not begin with a class number'],
    ['half a class', '0.5 1 1 2 2 3 3', 'annotation_malformed', 'does not begin with a class number'],
  ])('refuses %s', (_name, text, kind, detail) => {
    const [line] = parseYoloLabels(text);
    expect(line).toMatchObject({ ring: null, fault: { kind, detail: expect.stringContaining(detail) } });
  });
});

describe('YOLO', () => {
  it('is read from images/ and labels/', async () => {
    const { samples, findings } = await read({
      'data.yaml': DATA,
      'images/a.png': 'image',
      'labels/a.txt': `${LINE}\n${LINE}\n`,
      'images/sub/empty.png': 'image',
      'labels/sub/empty.txt': '',
      'images/none.png': 'image',
      'elsewhere/b.png': 'image',
      'labels/orphan.txt': LINE,
    });
    expect(samples.map(({ name, annotations }) => [name, annotations.length])).toEqual([
      ['images/a.png', 2],
      ['images/none.png', 0],
      ['images/sub/empty.png', 0],
    ]);
    expect(samples[0]).toMatchObject({ size: null, split: null, origin: 'own', temporary: false });
    expect(samples[0]!.annotations[1]).toEqual({
      entry: 'line 2',
      outline: { kind: 'polygons', rings: [RING], unit: 'shares' },
      crowd: false,
      box: null,
      area: null,
    });
    expect(findings).toMatchObject([
      { kind: 'image_missing', image: 'labels/orphan.txt', treatment: 'dropped' },
      { kind: 'image_unlisted', image: 'elsewhere/b.png' },
    ]);
  });

  it('is read from labels beside images', async () => {
    const { samples } = await read({
      'data.yaml': DATA,
      'a.png': 'image',
      'a.txt': LINE,
      'notes.txt': 'x',
      'b.png': 'image',
    });
    expect(samples.map(({ name, annotations }) => [name, annotations.length])).toEqual([
      ['a.png', 1],
      ['b.png', 0],
    ]);
  });

  const PAIR = { 'images/a.png': 'image', 'labels/a.txt': `${LINE}\n1 ${LINE.slice(2)}\n7 ${LINE.slice(2)}` };
  it.each([
    ['a list', { 'data.yaml': 'names: [Building, tree]' }],
    ['a map', { 'data.yaml': 'names:\n  0: BUILDINGS\n  1: tree\n' }],
    [
      'a file of any name',
      { 'banepa.yml': 'names: [building, tree]', 'other.yaml': 'epochs: 3', 'bad.yaml': '{' },
    ],
    ['classes.txt', { 'labels/classes.txt': 'building\r\ntree\r\n' }],
  ])('has its classes from %s', async (_name, names) => {
    const { samples, findings } = await read({ ...PAIR, ...names });
    expect(samples[0]!.annotations.map(({ entry }) => entry)).toEqual(['line 1']);
    expect(findings).toMatchObject([
      { kind: 'annotation_other', image: 'images/a.png', entry: 'line 2', detail: 'of class "tree"' },
      {
        kind: 'annotation_category',
        entry: 'line 3',
        detail: 'no class has the number 7',
        treatment: 'dropped',
      },
    ]);
  });

  it('takes wrong class numbers for buildings where there is nothing else', async () => {
    const { samples, findings } = await read({ ...PAIR, 'data.yaml': DATA });
    expect(samples[0]!.annotations).toHaveLength(3);
    expect(findings.map(({ kind, treatment }) => `${kind} ${treatment}`)).toEqual([
      'annotation_category repaired',
      'annotation_category repaired',
    ]);
  });

  it('notes boxes and broken lines', async () => {
    const { samples, findings } = await read({
      ...PAIR,
      'data.yaml': DATA,
      'labels/a.txt': `0 1 1 1 1\n0 1\n${LINE}`,
    });
    expect(samples[0]!.annotations.map(({ entry }) => entry)).toEqual(['line 3']);
    expect(findings.map(({ kind, entry }) => `${kind} ${entry}`)).toEqual([
      'annotation_shape line 1',
      'annotation_malformed line 2',
    ]);
  });

  const splitsOf = async (content: FolderContent) =>
    (await read(content)).samples.map(({ name, split }) => `${name} ${split}`);

  it('has the splits of folders', async () => {
    const pairs = ['train', 'val', 'test'].flatMap((split) => [
      [`${split}/images/a.png`, 'image'],
      [`${split}/labels/a.txt`, LINE],
    ]);
    const nested = { 'images/train/a.png': 'image', 'labels/train/a.txt': LINE };
    expect(await splitsOf({ 'data.yaml': DATA, ...Object.fromEntries(pairs) })).toEqual([
      'test/images/a.png test',
      'train/images/a.png train',
      'val/images/a.png valid',
    ]);
    expect(await splitsOf({ 'data.yaml': DATA, ...nested })).toEqual(['images/train/a.png train']);
  });

  it('has the splits that data.yaml names, also where they have moved', async () => {
    const yaml = `${DATA}path: /content/set\ntrain: ../one/images\nval: [/content/set/two/images/]\ntest: three/images\n`;
    const pairs = ['one', 'two', 'three', 'four'].flatMap((folder) => [
      [`${folder}/images/a.png`, 'image'],
      [`${folder}/labels/a.txt`, LINE],
    ]);
    expect(await splitsOf({ 'data.yaml': yaml, ...Object.fromEntries(pairs) })).toEqual([
      'four/images/a.png null',
      'one/images/a.png train',
      'three/images/a.png test',
      'two/images/a.png valid',
    ]);
  });

  it('has no split for a folder that data.yaml names twice', async () => {
    const yaml = `${DATA}train: images\nval: images\n`;
    expect(await splitsOf({ ...PAIR, 'data.yaml': yaml })).toEqual(['images/a.png null']);
  });

  const SETS = Object.fromEntries(
    ['a', 'b', 'c', 'd'].flatMap((name) => [
      [`set/images/${name}.png`, 'image'],
      [`set/labels/${name}.txt`, LINE],
    ]),
  );

  it('has the splits of lists that data.yaml names, and only their images', async () => {
    const content = {
      ...SETS,
      'data.yaml': `${DATA}path: set\ntrain: [lists/one.txt, two.txt]\nval: /home/me/val.txt\ntest: ''\n`,
      'set/lists/one.txt': '\uFEFF./../images/a.png\r\n\n',
      'set/two.txt': '/home/me/set/images/b.png\nimages/gone.png\n../../../etc/passwd',
      'val.txt': 'images/c.png',
    };
    const { samples, findings } = await read(content);
    expect(samples.map(({ name, split }) => `${name} ${split}`)).toEqual([
      'set/images/a.png train',
      'set/images/b.png train',
      'set/images/c.png valid',
    ]);
    const missing = { kind: 'image_missing', split: 'train', treatment: 'dropped' };
    expect(findings).toMatchObject([
      { ...missing, image: 'images/gone.png', entry: 'set/two.txt line 2' },
      { ...missing, image: '../../../etc/passwd', entry: 'set/two.txt line 3' },
      { kind: 'image_unlisted', image: 'set/images/d.png', detail: 'in no list of its data.yaml' },
    ]);
  });

  it('mixes lists and folders; an image in the lists of two splits has none', async () => {
    const content = {
      ...SETS,
      'data.yaml': `${DATA}train: set/images\nval: val.txt\ntest: test.txt\n`,
      'val.txt': 'set/images/a.png\nset/images/b.png',
      'test.txt': 'set/images/b.png\nset\\images\\c.png',
    };
    expect(await splitsOf(content)).toEqual([
      'set/images/a.png valid',
      'set/images/b.png null',
      'set/images/c.png test',
      'set/images/d.png train',
    ]);
  });

  it('does not take a list for labels', async () => {
    const content = { ...SETS, 'data.yaml': `${DATA}train: train.txt\n`, 'train.png': 'image' };
    const { samples, findings } = await read({ ...content, 'train.txt': 'set/images/a.png\ntrain.png' });
    expect(samples.map(({ name }) => name)).toEqual(['set/images/a.png']);
    expect(findings.map(({ kind }) => kind)).toEqual(new Array(4).fill('image_unlisted'));
  });

  it.each([
    ['a list that is not there', 'train: gone.txt', '"gone.txt" for train'],
    ['a list of nothing', 'train: a.txt', '"a.txt" for train'],
    [
      'a folder that is not there',
      'train: set/images\nval: [set/images, ../../etc]',
      '"../../etc" for valid',
    ],
    ['a test folder without others', 'test: gone', '"gone" for test'],
  ])('refuses %s', async (_name, entries, what) => {
    const failure = read({ ...SETS, 'a.txt': '\n', 'data.yaml': `${DATA}${entries}\n` });
    await expect(failure).rejects.toThrow(
      new UserError(
        `data.yaml of own names ${what}, which leads to no image: correct it (a folder, or a text file with the path of an image on each line), or take it out`,
      ),
    );
  });

  it('only notes a test folder that is not there where others are', async () => {
    const yaml = `${DATA}train: ../set/images\ntest: ../test/images\n`;
    const { samples, findings } = await read({ ...SETS, 'data.yaml': yaml });
    expect(new Set(samples.map(({ split }) => split))).toEqual(new Set(['train']));
    expect(findings).toMatchObject([
      {
        ...{ kind: 'image_missing', image: null, split: 'test', treatment: 'none' },
        detail: 'data.yaml names "../test/images" for test, which leads to no image',
      },
    ]);
  });

  it('gives images of one stem the same labels', async () => {
    const { samples, findings } = await read({ ...PAIR, 'data.yaml': DATA, 'images/a.jpg': 'image' });
    expect(samples.map(({ name, annotations }) => [name, annotations.length])).toEqual([
      ['images/a.jpg', 3],
      ['images/a.png', 3],
    ]);
    expect(findings.map(({ kind }) => kind)).not.toContain('image_missing');
  });

  it('asks for the names of the classes, and for buildings among them', async () => {
    await expect(read(PAIR)).rejects.toThrow(
      'own holds YOLO labels (labels/a.txt) but nothing that names their classes: add data.yaml with "names: [building]"',
    );
    await expect(read({ ...PAIR, 'data.yaml': 'names: [roof]' })).rejects.toThrow(
      'data.yaml of own has no category "building", only "roof"',
    );
    await expect(read({ ...PAIR, 'data.yaml': 'names: [a' })).rejects.toThrow(
      /^data\.yaml of own is not YAML \(.+\): export/,
    );
    await expect(read({ ...PAIR, 'a/data.yaml': DATA, 'b.yaml': 'names: [tree]' })).rejects.toThrow(
      'own names its classes twice and differently, in a/data.yaml and b.yaml',
    );
  });

  it('refuses label files without end', async () => {
    await expect(
      read({ ...PAIR, 'data.yaml': DATA, 'labels/a.txt': Buffer.alloc(5_000_000, '0 ') }),
    ).rejects.toThrow('labels/a.txt of own has 5000000 bytes, and labels of an image at most 4194304');
  });
});
