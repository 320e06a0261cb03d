import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/system/errors.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { type CocoContent, openCoco, smallSet } from './coco-folder.ts';

const tempFolder = useTempFolders();

type SmallSet = ReturnType<typeof smallSet>;
type Fields = Record<string, unknown>;

/** @returns the message, without the folder of the files */
async function refusalOf(content: CocoContent): Promise<string> {
  const folder = await tempFolder();
  const error = await openCoco(folder, content).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message, exitCode } = error as UserError;
  expect([message.split('\n').length, exitCode]).toEqual([1, 1]);
  return message.replaceAll(`${folder}/`, '');
}

/** The second result is wrong, so that the index tells something. */
function refusalOfResult(fields: Fields): Promise<string> {
  const { truth, predictions } = smallSet();
  return refusalOf({ truth, predictions: [predictions[0], { ...predictions[0], ...fields }] });
}

function refusalOfAnnotation(fields: Fields): Promise<string> {
  const { truth, predictions } = smallSet();
  const [annotation] = truth.annotations;
  return refusalOf({
    truth: { ...truth, annotations: [annotation, { ...annotation, id: 8, ...fields }] },
    predictions,
  });
}

function refusalOfTruth(change: (truth: SmallSet['truth']) => void): Promise<string> {
  const { truth, predictions } = smallSet();
  change(truth);
  return refusalOf({ truth, predictions });
}

const RESULT = 'found.json: entry [1] (image_id 3): ';
const RESULTS: [string, Fields, string][] = [
  [
    'an unknown image',
    { image_id: 4 },
    'found.json: entry [1] (image_id 4): image_id must be the id of one of the images of truth.json (1, 3), got 4: mend it, or leave the entry out',
  ],
  [
    'an image that is called by a text',
    { image_id: '3' },
    'found.json: entry [1] (image_id "3"): image_id must be the id of one of the images of truth.json (1, 3), got "3": mend it, or leave the entry out',
  ],
  [
    'no image',
    { image_id: undefined },
    'found.json: entry [1]: image_id must be the id of one of the images of truth.json (1, 3), got nothing: mend it, or leave the entry out',
  ],
  [
    'an unknown category',
    { category_id: 1 },
    `${RESULT}category_id must be the id of one of the categories of truth.json (5 "building"), got 1: mend it, or leave the entry out`,
  ],
  [
    'no score',
    { score: undefined },
    `${RESULT}score must be a finite number, got nothing: mend it or leave the entry out`,
  ],
  [
    'a score of null',
    { score: null },
    `${RESULT}score must be a finite number, got null: mend it or leave the entry out`,
  ],
  [
    'a score that is a text',
    { score: '0.5' },
    `${RESULT}score must be a finite number, got "0.5": mend it or leave the entry out`,
  ],
  [
    'a box of three numbers',
    { bbox: [1, 2, 3] },
    `${RESULT}bbox must be [x, y, width, height] in pixels, got [1, 2, 3]: mend it or leave it out`,
  ],
  [
    'a box of no numbers',
    { bbox: [1, 2, null, '4'] },
    `${RESULT}bbox must be [x, y, width, height] in pixels, got [1, 2, null, "4"]: mend it or leave it out`,
  ],
  [
    'a box that is turned',
    { bbox: [5, 2, -3, 4] },
    `${RESULT}bbox must be [x, y, width, height] in pixels, got [5, 2, -3, 4]: mend it or leave it out`,
  ],
  [
    'no mask where others have one',
    { segmentation: undefined, bbox: [1, 2, 3, 4] },
    `${RESULT}it has no segmentation, and entry [0] has one: give it polygons or run lengths`,
  ],
  [
    'a mask that is a text',
    { segmentation: 'abc' },
    `${RESULT}segmentation must be polygons or run lengths, got "abc": give it polygons or run lengths`,
  ],
  [
    'no ring',
    { segmentation: [] },
    `${RESULT}segmentation has no ring of three points or more: give it polygons or run lengths, or leave the entry out`,
  ],
  [
    'rings of two points',
    {
      segmentation: [
        [1, 1, 2, 2],
        [3, 3],
      ],
    },
    `${RESULT}segmentation has no ring of three points or more: give it polygons or run lengths, or leave the entry out`,
  ],
  [
    'a ring that is not in a list',
    { segmentation: [1, 1, 2, 1, 2, 2] },
    `${RESULT}segmentation[0] must be a list x0, y0, x1, y1, ..., got 1: mend it`,
  ],
  [
    'half a point',
    { segmentation: [[1, 1, 2, 1, 2, 2, 3]] },
    `${RESULT}segmentation[0] must be a list x0, y0, x1, y1, ..., got 7 values: mend it`,
  ],
  [
    'a coordinate that is none',
    { segmentation: [[1, 1, 2, 1, 2, null]] },
    `${RESULT}segmentation[0][5] must be a number of pixels, got null: mend it`,
  ],
  [
    'a coordinate on the moon',
    { segmentation: [[1, 1, 2, 1, 2, 1e300]] },
    `${RESULT}segmentation[0][5] must be a number of pixels, got 1e+300: mend it`,
  ],
  [
    'run lengths of another size',
    { segmentation: { size: [8, 11], counts: [88] } },
    `${RESULT}segmentation.size must be [height, width] of its image, [8, 10], got [8, 11]: mend it`,
  ],
  [
    'a size the wrong way round',
    { segmentation: { size: [10, 8], counts: [80] } },
    `${RESULT}segmentation.size must be [height, width] of its image, [8, 10], got [10, 8]: mend it`,
  ],
  [
    'no size',
    { segmentation: { counts: [80] } },
    `${RESULT}segmentation.size must be [height, width] of its image, [8, 10], got nothing: mend it`,
  ],
  [
    'run lengths that do not add up',
    { segmentation: { size: [8, 10], counts: [4, 70] } },
    `${RESULT}segmentation is no mask, counts must add up to 8x10 = 80 pixels, got 74: write its run lengths again`,
  ],
  [
    'a negative run',
    { segmentation: { size: [8, 10], counts: [90, -10] } },
    `${RESULT}segmentation is no mask, counts[1] must be a whole number >= 0, got -10: write its run lengths again`,
  ],
  [
    'run lengths of no kind',
    { segmentation: { size: [8, 10], counts: {} } },
    `${RESULT}segmentation is no mask, counts must be a list of numbers or a text, got object: write its run lengths again`,
  ],
  [
    'too short a text of runs',
    { segmentation: { size: [8, 10], counts: '42' } },
    `${RESULT}segmentation is no mask, expected 8x10 = 80 pixels, got 6: write its run lengths again`,
  ],
  [
    'a text that is cut off',
    { segmentation: { size: [8, 10], counts: 'P' } },
    `${RESULT}segmentation is no mask, the string is cut off after 0 runs: write its run lengths again`,
  ],
  [
    'characters that mean nothing',
    { segmentation: { size: [8, 10], counts: 'é' } },
    `${RESULT}segmentation is no mask, not a COCO run-length string at character 0: "é": write its run lengths again`,
  ],
  [
    'a huge run',
    { segmentation: { size: [8, 10], counts: 'ooooooooo0' } },
    `${RESULT}segmentation is no mask, not a COCO run-length string at character 7: "ooooooo0": write its run lengths again`,
  ],
  [
    'a run that is huge',
    { segmentation: { size: [8, 10], counts: [1e300] } },
    `${RESULT}segmentation is no mask, counts must add up to 8x10 = 80 pixels, got 1e+300: write its run lengths again`,
  ],
];

const ANNOTATION = 'truth.json: annotations[1] (id 8, image_id 3): ';
const ANNOTATIONS: [string, Fields, string][] = [
  [
    'an unknown image',
    { image_id: 2 },
    'truth.json: annotations[1] (id 8, image_id 2): image_id must be the id of one of the images of truth.json (1, 3), got 2: mend it, or leave the entry out',
  ],
  [
    'an unknown category',
    { category_id: null },
    `${ANNOTATION}category_id must be the id of one of the categories of truth.json (5 "building"), got null: mend it, or leave the entry out`,
  ],
  [
    'no mask',
    { segmentation: undefined },
    `${ANNOTATION}segmentation must be polygons or run lengths, got nothing: give it polygons or run lengths`,
  ],
  [
    'a mask of another size',
    { segmentation: { size: [10, 8], counts: [80] } },
    `${ANNOTATION}segmentation.size must be [height, width] of its image, [8, 10], got [10, 8]: mend it`,
  ],
  [
    'a negative area',
    { area: -52.5 },
    `${ANNOTATION}area must be a number >= 0, got -52.5: mend it, or leave it out to take the mask's`,
  ],
  ['a crowd of another kind', { iscrowd: 2 }, `${ANNOTATION}iscrowd must be 0 or 1, got 2: mend it`],
  [
    'a box of texts',
    { bbox: ['1', '2', '3', '4'] },
    `${ANNOTATION}bbox must be [x, y, width, height] in pixels, got ["1", "2", "3", "4"]: mend it or leave it out`,
  ],
];

describe('a prediction', () => {
  it.each(RESULTS)('with %s is refused', async (_, fields, message) => {
    expect(await refusalOfResult(fields)).toBe(message);
  });

  it('with a mask where others have none is refused', async () => {
    const { truth, predictions } = smallSet();
    const box = { image_id: 3, category_id: 5, score: 1, bbox: [1, 1, 2, 2] };
    expect(await refusalOf({ truth, predictions: [box, predictions[0]] })).toBe(
      `${RESULT}it has a segmentation, and entry [0] has none: give all of them masks, or none`,
    );
    expect(await refusalOf({ truth, predictions: [box, { ...box, bbox: [] }] })).toBe(
      `${RESULT}it has neither segmentation nor bbox: give it polygons or run lengths`,
    );
  });

  it.each(['NaN', 'Infinity', '-Infinity'])(
    'with a score of %s, as Python writes it, is refused',
    async (number) => {
      const { truth, predictions } = smallSet();
      const text = JSON.stringify([predictions[0], { ...predictions[0], score: 'HERE' }]).replace(
        '"HERE"',
        number,
      );
      expect(await refusalOf({ truth, predictions: text })).toBe(
        `${RESULT}score must be a finite number, got ${number}: mend it or leave the entry out`,
      );
    },
  );

  it('with a number too large for any program is refused', async () => {
    const { truth, predictions } = smallSet();
    const text = JSON.stringify(predictions).replace('0.75', '1e999');
    expect(await refusalOf({ truth, predictions: text })).toMatch(/entry \[0\] .* got Infinity: /);
  });

  it.each([
    [null, 'null'],
    [3, '3'],
    ['x', '"x"'],
    [[1], '[1]'],
  ])('that is %j is refused', async (entry, shown) => {
    expect(await refusalOf({ truth: smallSet().truth, predictions: [entry] })).toBe(
      `found.json: entry [0]: must be an object, got ${shown}: write the file again`,
    );
  });
});

describe('an annotation', () => {
  it.each(ANNOTATIONS)('with %s is refused', async (_, fields, message) => {
    expect(await refusalOfAnnotation(fields)).toBe(message);
  });

  it('with an area of NaN is refused', async () => {
    const { truth, predictions } = smallSet();
    const text = JSON.stringify(truth).replace('"area":12', '"area": NaN');
    expect(await refusalOf({ truth: text, predictions })).toBe(
      "truth.json: annotations[0] (id 7, image_id 3): area must be a number >= 0, got NaN: mend it, or leave it out to take the mask's",
    );
  });
});

describe('an image or a category', () => {
  it.each<[string, (truth: SmallSet['truth']) => void, string]>([
    [
      'an image id that is there twice',
      ({ images }) => Object.assign(images[1]!, { id: 3 }),
      'truth.json: images[1] (id 3): id must be unique, but [0] has it too: leave one of them out',
    ],
    [
      'an image id of another type',
      ({ images }) => Object.assign(images[1]!, { id: '1' }),
      'truth.json: images[1] (id "1"): id must be a number like that of [0], got a string: write all alike',
    ],
    [
      'an image id that numbers cannot hold',
      ({ images }) => Object.assign(images[1]!, { id: 2 ** 60 }),
      'truth.json: images[1]: id must be a whole number, at most 9007199254740991, or a text, got 1152921504606847000: mend it',
    ],
    [
      'an image without id',
      ({ images }) => Object.assign(images[1]!, { id: undefined }),
      'truth.json: images[1]: id must be a whole number, at most 9007199254740991, or a text, got nothing: mend it',
    ],
    [
      'an image without width',
      ({ images }) => Object.assign(images[1]!, { width: null }),
      'truth.json: images[1] (id 1): width and height must be whole numbers > 0, at most 2147483647 pixels, got null and 8: mend them',
    ],
    [
      'an image that is too large',
      ({ images }) => Object.assign(images[1]!, { width: 60_000, height: 60_000 }),
      'truth.json: images[1] (id 1): width and height must be whole numbers > 0, at most 2147483647 pixels, got 60000 and 60000: mend them',
    ],
    [
      'a category that is there twice',
      ({ categories }) => categories.push({ id: 5, name: 'roof' }),
      'truth.json: categories[1] (id 5): id must be unique, but [0] has it too: leave one of them out',
    ],
    [
      'a category without id',
      ({ categories }) => categories.push({ name: 'roof' }),
      'truth.json: categories[1]: id must be a whole number, at most 9007199254740991, or a text, got nothing: mend it',
    ],
    [
      'no image',
      ({ images }) => images.splice(0),
      'truth.json: images is an empty list: there is nothing to evaluate',
    ],
    [
      'no category',
      ({ categories }) => categories.splice(0),
      'truth.json: categories is an empty list: there is nothing to evaluate',
    ],
  ])('is refused: %s', async (_, change, message) => {
    expect(await refusalOfTruth((truth) => void change(truth))).toBe(message);
  });
});

const INSTANCES =
  'COCO instances, {"images": [...], "annotations": [...], "categories": [...]}; predictions belong to --predictions';

describe('a file', () => {
  it.each(['images', 'annotations', 'categories'])('without %s is no ground truth', async (key) => {
    const { truth, predictions } = smallSet();
    expect(await refusalOf({ truth: { ...truth, [key]: undefined }, predictions })).toBe(
      `truth.json has no list "${key}": expected ${INSTANCES}`,
    );
  });

  it('of results is no ground truth, nor the other way round', async () => {
    const { truth, predictions } = smallSet();
    expect(await refusalOf({ truth: predictions, predictions: truth })).toBe(
      `truth.json is a list: expected ${INSTANCES}`,
    );
    expect(await refusalOf({ truth, predictions: truth })).toBe(
      'found.json is an object: expected COCO results, [{"image_id", "category_id", "score", "segmentation"}, ...]; annotations belong to --ground-truth',
    );
  });

  it('that is cut off is refused', async () => {
    const { truth, predictions } = smallSet();
    const text = JSON.stringify(truth);
    expect(await refusalOf({ truth: text.slice(0, text.indexOf('"area"')), predictions })).toMatch(
      /^truth\.json ends too early, after the key "annotations" \(\d+ bytes\): it is cut off, copy or write it again$/,
    );
    expect(await refusalOf({ truth, predictions: JSON.stringify(predictions).slice(0, -20) })).toMatch(
      /^found\.json ends too early, in entry \[0\] \(\d+ bytes\)/,
    );
  });

  it('shows what others wrote without obeying it', async () => {
    const { truth, predictions } = smallSet();
    Object.assign(predictions[0]!, { score: '\u001b[31mred\n' });
    expect(await refusalOf({ truth, predictions })).toContain('got "\\u001b[31mred\\n": ');
  });
});
