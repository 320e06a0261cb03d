import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCocoFile } from '../../../src/data/sources/coco-file.ts';
import { UserError } from '../../../src/system/errors.ts';
import { building, square, tinyCoco, tinyEntry } from '../../support/source-zips.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

async function read(content: unknown) {
  const path = join(await tempFolder(), 'a.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readCocoFile(path, 'a.json of train.zip');
}

describe('readCocoFile', () => {
  it('reads COCO and leaves out what it does not need', async () => {
    const coco = tinyCoco({ annotations: [building(1, [square(0, 0, 2)], { bbox: 'nonsense', area: -1 })] });
    expect((await read(coco)).annotations).toEqual([
      { image_id: 1, category_id: 1, iscrowd: 0, segmentation: [square(0, 0, 2)] },
    ]);
  });

  it.each([
    ['a list', [], 'the file invalid input: expected object, received array'],
    ['an empty object', {}, 'images invalid input: expected array, received undefined'],
    ['no categories', { images: [], annotations: [] }, 'categories invalid input'],
    [
      'an image without width',
      tinyCoco({ images: [{ id: 1, file_name: 'a' }] }),
      'images[0].width invalid input',
    ],
    [
      'an image of width 0',
      tinyCoco({ images: [{ id: 1, file_name: 'a', width: 0, height: 3 }] }),
      'images[0].width too small',
    ],
    [
      'a flat segmentation',
      tinyCoco({ annotations: [building(1, square(0, 0, 2))] }),
      'annotations[0].segmentation must be a list of polygons',
    ],
    [
      'a strange iscrowd',
      tinyCoco({ annotations: [building(1, [], { iscrowd: 'no' })] }),
      'annotations[0].iscrowd must be 0 or 1',
    ],
    [
      'an id that comes twice',
      tinyCoco({ images: [tinyEntry(4, 'a.png'), tinyEntry(4, 'b.png')] }),
      'images[1].id must be unique, got 4 twice',
    ],
  ])('names the entry of %s', async (_name, content, message) => {
    const failure = read(content);
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(failure).rejects.toThrow(`a.json of train.zip is not COCO: ${message}`);
    await expect(failure).rejects.toThrow(/; export the annotations again as COCO segmentation$/);
  });

  it('says that a file is not JSON, in one line', async () => {
    const failure = read('{"images": [\n');
    await expect(failure).rejects.toThrow('a.json of train.zip is not JSON (');
    await expect(failure).rejects.not.toThrow('\n');
  });

  it('reads the byte order mark and the NaN that Python writes', async () => {
    const text = JSON.stringify(tinyCoco({ annotations: [building(1, [[0, 1, 2, 3, 4, 5]])] }));
    const coco = await read(`\uFEFF${text.replace('[0,1,2', '[NaN, -Infinity,2')}`);
    expect(coco.annotations[0]!.segmentation).toEqual([[null, null, 2, 3, 4, 5]]);
  });
});
