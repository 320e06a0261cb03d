import { describe, expect, it } from 'vitest';
import { openCocoFiles } from '../../../src/evaluate/coco-files/open-coco-files.ts';
import { encodeRle, rleToString } from '../../../src/masks/rle.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { openCoco, smallSet, writeCoco } from './coco-folder.ts';

const tempFolder = useTempFolders();
const SIZE = [8, 10] as const;
const RING = [2, 1, 6, 1, 6, 4, 2, 4];
const MASK = rleFromPolygons([RING], ...SIZE);
const COUNTS = [...MASK.counts];

/** The small set with one annotation and one result, or with these fields in place of theirs. */
function setWith({ annotation = {}, result = {} }: { annotation?: object; result?: object } = {}) {
  const { truth, predictions } = smallSet();
  Object.assign(truth.annotations[0]!, annotation);
  Object.assign(predictions[0]!, result);
  return { truth, predictions };
}

async function onlyImage(content: { truth: unknown; predictions: unknown }) {
  const { images } = await openCoco(await tempFolder(), content);
  return [...images].find(({ id }) => id === 3)!;
}

describe('openCocoFiles', () => {
  it('gives every image, in the order of the ids, as often as one likes', async () => {
    const { images, categories, count, names, warnings } = await openCoco(await tempFolder(), smallSet());
    const expected = [
      { id: 1, name: 'one.png', origin: null, height: 8, width: 10, truth: [], detections: [] },
      {
        id: 3,
        name: 'three.png',
        origin: null,
        height: 8,
        width: 10,
        truth: [{ box: [1, 2, 4, 6], sides: [3, 4], area: 12, crowd: false, category: 0, mask: MASK }],
        detections: [{ box: [1, 2, 4, 6], sides: [3, 4], score: 0.75, category: 0, mask: MASK }],
      },
    ];
    expect([...images]).toEqual(expected);
    expect([...images]).toEqual(expected);
    expect({ categories, count, names, warnings }).toEqual({
      categories: ['building'],
      count: 2,
      names: ['one.png', 'three.png'],
      warnings: [],
    });
  });

  it('reads lists in whatever order they stand in the file', async () => {
    const { truth, predictions } = smallSet();
    const { images, annotations, categories } = truth;
    for (const turned of [
      { annotations, categories, images },
      { categories, info: { a: [1] }, images, licenses: [], annotations },
    ]) {
      const { images: read } = await openCoco(await tempFolder(), { truth: turned, predictions });
      expect([...read].map((image) => image.truth.length)).toEqual([0, 1]);
    }
  });

  it.each([
    ['polygons', [RING]],
    ['two polygons and a ring of two points', [RING, [3, 3, 4, 4], RING]],
    ['compressed run lengths', { size: SIZE, counts: rleToString(MASK) }],
    ['run lengths', { size: SIZE, counts: COUNTS }],
  ])('reads masks that are %s', async (_, segmentation) => {
    const { truth, detections } = await onlyImage(
      setWith({ annotation: { segmentation }, result: { segmentation } }),
    );
    expect(truth[0]!.mask).toEqual(MASK);
    expect(detections[0]!.mask).toEqual(MASK);
  });

  it('takes a missing area and a missing box from the mask', async () => {
    for (const missing of [undefined, null]) {
      const { truth } = await onlyImage(setWith({ annotation: { area: missing, bbox: missing } }));
      expect(truth[0]).toMatchObject({ area: 12, box: [1, 2, 4, 6], sides: [3, 4] });
    }
    const { truth } = await onlyImage(setWith({ annotation: { area: 99.5, bbox: [0.1, 0.2, 7.3, 5.7] } }));
    expect(truth[0]).toMatchObject({ area: 99.5, box: [0.2, 0.1, 0.2 + 5.7, 0.1 + 7.3], sides: [5.7, 7.3] });
  });

  it('reads an empty mask as such', async () => {
    const segmentation = { size: SIZE, counts: [80] };
    const { detections } = await onlyImage(setWith({ result: { segmentation } }));
    expect(detections[0]).toMatchObject({
      box: [0, 0, 0, 0],
      mask: { size: SIZE, counts: Uint32Array.of(80) },
    });
  });

  it.each([
    [0, false],
    [1, true],
    [false, false],
    [true, true],
    [undefined, false],
    [null, false],
  ])('reads iscrowd %s as %s', async (iscrowd, crowd) => {
    expect((await onlyImage(setWith({ annotation: { iscrowd } }))).truth[0]!.crowd).toBe(crowd);
  });

  it('keeps the order of the entries within an image, and categories in the order of their ids', async () => {
    const { truth, predictions } = smallSet();
    truth.categories = [
      { id: 9, name: 'tree' },
      { id: 5, name: 'building' },
    ];
    const [result] = predictions;
    const results = [
      [0.1, 3, 9],
      [0.9, 1, 5],
      [0.5, 3, 5],
      [0.7, 3, 9],
    ].map(([score, image_id, category_id]) => ({ ...result, score, image_id, category_id }));
    const { images, categories } = await openCoco(await tempFolder(), { truth, predictions: results });
    expect(categories).toEqual(['building', 'tree']);
    const found = [...images].map(({ detections }) =>
      detections.map(({ score, category }) => [score, category]),
    );
    expect(found).toEqual([
      [[0.9, 0]],
      [
        [0.1, 1],
        [0.5, 0],
        [0.7, 1],
      ],
    ]);
  });

  it('numbers images whose ids are texts', async () => {
    const { truth, predictions } = smallSet();
    const named = {
      ...truth,
      images: [
        { ...truth.images[0], id: 'b' },
        { ...truth.images[1], id: 'a' },
      ],
      annotations: [{ ...truth.annotations[0], image_id: 'b' }],
    };
    const { images } = await openCoco(await tempFolder(), {
      truth: named,
      predictions: [{ ...predictions[0], image_id: 'b' }],
    });
    expect(
      [...images].map(({ id, name, truth, detections }) => [id, name, truth.length, detections.length]),
    ).toEqual([
      [1, 'one.png', 0, 0],
      [2, 'three.png', 1, 1],
    ]);
  });

  it('reads where an image comes from', async () => {
    const { truth, predictions } = smallSet();
    Object.assign(truth.images[0]!, { origin: 'hub' });
    expect((await onlyImage({ truth, predictions })).origin).toBe('hub');
  });

  it('holds many instances, of many images in turn', async () => {
    const { truth, predictions } = smallSet();
    const random = encodeRle(
      Uint8Array.from({ length: 80 }, (_, i) => (i * 7919) % 3),
      ...SIZE,
    );
    const many = Array.from({ length: 40_000 }, (_, i) => ({
      ...predictions[0],
      image_id: [3, 1][i % 2],
      score: i / 40_000,
      segmentation: { size: SIZE, counts: rleToString(i % 3 === 0 ? random : MASK) },
    }));
    const { images } = await openCoco(await tempFolder(), { truth, predictions: many });
    const [one, three] = [...images];
    expect(one!.detections.map(({ score }) => score)).toEqual(
      many.map(({ score }) => score).filter((_, i) => i % 2 === 1),
    );
    expect(three!.detections[19_999]!.mask).toEqual(MASK);
    expect(three!.detections[19_998]!.mask).toEqual(random);
  });

  it('stops when it is told to', async () => {
    const { truth, predictions } = smallSet();
    const many = Array.from({ length: 50_000 }, () => predictions[0]);
    const paths = writeCoco(await tempFolder(), { truth, predictions: many });
    const reason = new Error('stopped');
    await expect(openCocoFiles(paths, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('predictions without masks', () => {
  it('are rectangles, with a warning', async () => {
    const { truth } = smallSet();
    const predictions = [
      { image_id: 3, category_id: 5, score: 0.5, bbox: [2.2, 1.4, 3.9, 2.7], segmentation: null },
    ];
    const { images, warnings } = await openCoco(await tempFolder(), { truth, predictions });
    const [, { detections }] = [...images] as [unknown, { detections: unknown[] }];
    const [x1, y1, x2, y2] = [2.2, 1.4, 2.2 + 3.9, 1.4 + 2.7];
    expect(detections).toEqual([
      {
        box: [y1, x1, y2, x2],
        sides: [2.7, 3.9],
        score: 0.5,
        category: 0,
        mask: rleFromPolygons([[x1, y1, x1, y2, x2, y2, x2, y1]], ...SIZE),
      },
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(/found\.json has boxes and no masks: the rectangles stand for masks/),
    ]);
  });
});

describe('what is hardly meant', () => {
  it('is no annotation at all', async () => {
    const { truth, predictions } = smallSet();
    for (const found of [predictions, []]) {
      const { warnings } = await openCoco(await tempFolder(), {
        truth: { ...truth, annotations: [] },
        predictions: found,
      });
      expect(warnings).toEqual([
        expect.stringMatching(/truth\.json holds no annotation: there is nothing to find, and most figures/),
      ]);
    }
  });

  it.each([
    [[87.5, 12], '12 to 87.5'],
    [[-1.25, 0.5], '-1.25 to 0.5'],
    [[3, 3], '3 to 3'],
  ])('are scores %j, which are taken nevertheless', async (scores, range) => {
    const { truth, predictions } = smallSet();
    const { images, warnings } = await openCoco(await tempFolder(), {
      truth,
      predictions: scores.map((score) => ({ ...predictions[0], score })),
    });
    expect([...images][1]!.detections.map(({ score }) => score)).toEqual(scores);
    expect(warnings).toEqual([
      expect.stringContaining(`found.json has scores from ${range}, outside of 0-1: `),
    ]);
  });

  it('is no prediction at all', async () => {
    const { warnings } = await openCoco(await tempFolder(), { ...smallSet(), predictions: [] });
    expect(warnings).toEqual([
      expect.stringMatching(/found\.json holds no prediction: everything counts as missed$/),
    ]);
  });

  it('are predictions of a category that no annotation has, such as a placeholder', async () => {
    const { truth, predictions } = setWith({ result: { category_id: 0 } });
    truth.categories.unshift({ id: 0, name: 'buildings', supercategory: 'none' });
    const { warnings } = await openCoco(await tempFolder(), { truth, predictions });
    expect(warnings).toEqual([
      expect.stringMatching(
        /have no category in common, so that nothing can match: predicted are 0 \("buildings"\), annotated 5 \("building"\)$/,
      ),
    ]);
  });
});
