import { describe, expect, it } from 'vitest';
import { parseCoco } from '../../../src/data/sources/coco-file.ts';
import { UserError } from '../../../src/system/errors.ts';
import { building, tinyCoco, tinyEntry } from '../../support/source-zips.ts';

const parse = (value: unknown) => parseCoco(value, 'a.json of train.zip');

describe('parseCoco', () => {
  it('reads COCO, what outlines hold as it is', () => {
    const coco = tinyCoco({
      annotations: [building(1, [['x', null]], { bbox: 'nonsense', area: -1, score: 3 })],
    });
    expect(parse(coco).annotations).toEqual([
      { image_id: 1, category_id: 1, iscrowd: 0, segmentation: [['x', null]], bbox: 'nonsense', area: -1 },
    ]);
  });

  it('takes annotations without outline, box, area, category or iscrowd', () => {
    expect(parse(tinyCoco({ annotations: [{ image_id: 1 }] })).annotations).toEqual([{ image_id: 1 }]);
  });

  it.each([
    ['a list', [], 'the file invalid input: expected object, received array'],
    ['an empty object', {}, 'images invalid input: expected array, received undefined'],
    ['no categories', { images: [], annotations: [] }, 'categories invalid input'],
    ['an image without name', tinyCoco({ images: [{ id: 1 }] }), 'images[0].file_name invalid input'],
    [
      'an annotation of no image',
      tinyCoco({ annotations: [building(1, []), { category_id: 1 }] }),
      'annotations[1].image_id must be a number or a text',
    ],
    [
      'an id that comes twice',
      tinyCoco({ images: [tinyEntry(4, 'a.png'), tinyEntry(4, 'b.png')] }),
      'images[1].id must be unique, got 4 twice',
    ],
  ])('names the entry of %s', (_name, content, message) => {
    expect(() => parse(content)).toThrow(UserError);
    expect(() => parse(content)).toThrow(`a.json of train.zip is not COCO: ${message}`);
    expect(() => parse(content)).toThrow(/; export the annotations again as COCO segmentation$/);
  });
});
