import { describe, expect, it } from 'vitest';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import {
  type MatchKind,
  measureImage,
  rankDetections,
} from '../../../src/evaluate/matching/measure-image.ts';
import { boxMask, randomImages } from '../random-images.ts';

type Box = [number, number, number, number];

const SIZE = 60;
const KINDS: readonly MatchKind[] = ['mask', 'boundary', 'box'];
const at = (box: Box, size = SIZE) => ({ box, mask: boxMask(box, size, size) });
const options = { maxDetections: 100 };

const [FIRST, SECOND, ELSEWHERE]: Box[] = [
  [2, 2, 22, 22],
  [30, 30, 55, 55],
  [40, 0, 50, 20],
];
const image: EvaluatedImage = {
  ...{ id: 3, name: 'town.png', origin: null, width: SIZE, height: SIZE },
  truth: [
    { ...at(SECOND!), area: 500, crowd: false },
    { ...at(FIRST!), area: 300, crowd: false },
    { ...at([0, 40, 20, 60]), area: 300, crowd: true },
  ],
  detections: [
    { ...at(FIRST!), score: 0.4 },
    { ...at(ELSEWHERE!), score: 0.7 },
    { ...at(SECOND!), score: 0.8 },
  ],
};

describe('rankDetections', () => {
  const detections = [0.2, 0.9, 0.2, 1, 0.9].map((score) => ({ score }));

  it('puts the highest score first, of equal ones the first given, and keeps as many as wanted', () => {
    expect([...rankDetections(detections, 4)]).toEqual([3, 1, 4, 0]);
    expect([...rankDetections([], 4)]).toEqual([]);
  });

  it('keeps as many of each category', () => {
    const categories = [1, 0, 1, 0, 0];
    const some = detections.map((detection, i) => ({ ...detection, category: categories[i]! }));
    expect([...rankDetections(some, 1)]).toEqual([3, 0]);
    expect([...rankDetections(some, 2)]).toEqual([3, 1, 0, 2]);
  });
});

describe('measureImage', () => {
  it('says which building each detection takes, in order of score', () => {
    const { id, categories } = measureImage(image, options);
    expect([id, categories.length]).toEqual([3, 1]);
    expect([...categories[0]!.order]).toEqual([2, 1, 0]);
    for (const kind of KINDS) {
      const { scores, buildings } = categories[0]![kind];
      expect([...scores]).toEqual([0.8, 0.7, 0.4]);
      expect([...buildings]).toEqual([0, -1, 1]);
    }
  });

  it('sees the best maxDetections only', () => {
    const { categories, tide } = measureImage(image, { maxDetections: 2 });
    expect([...categories[0]!.order]).toEqual([2, 1]);
    expect([...categories[0]!.mask.buildings]).toEqual([0, -1]);
    expect([...tide.scores]).toEqual([0.8, 0.7]);
  });

  it('matches within a category; buildings and detections keep their numbers in the image', () => {
    const [second, first, crowd] = image.truth;
    const mixed: EvaluatedImage = {
      ...image,
      truth: [{ ...second!, category: 2 }, first!, { ...crowd!, category: 2 }],
      detections: [
        { ...at(FIRST!), score: 0.4, category: 0 },
        { ...at(SECOND!), score: 0.9, category: 0 },
        { ...at(SECOND!), score: 0.8, category: 2 },
        { ...at([0, 40, 20, 60]), score: 0.3, category: 2 },
      ],
    };
    const { categories, tide } = measureImage(mixed, { maxDetections: 100, categories: 4 });
    expect(categories.map(({ order }) => [...order])).toEqual([[1, 0], [], [2, 3], []]);
    for (const kind of KINDS) {
      expect(categories.map((each) => [...each[kind].buildings])).toEqual([[-1, 1], [], [0, 2], []]);
      expect(categories.map((each) => each[kind].ranges.all.positives)).toEqual([1, 0, 1, 0]);
    }
    // All of them, the best first, with what they take.
    expect([...tide.scores]).toEqual([0.9, 0.8, 0.4, 0.3]);
    expect([...tide.buildings]).toEqual([0, 0, 1, 2]);
  });

  it('is the same for a lone category as for the one that all have', () => {
    for (const each of randomImages(7, { images: 4, instances: 10, size: 80 })) {
      const moved = <T extends object>(items: T[]) => items.map((item) => ({ ...item, category: 1 }));
      const one = measureImage(each, options);
      const other = { ...each, truth: moved(each.truth), detections: moved(each.detections) };
      const [none, lone] = measureImage(other, { ...options, categories: 2 }).categories;
      expect(lone).toEqual(one.categories[0]);
      expect(none!.order).toHaveLength(0);
    }
  });

  it('holds a coarse outline of a large building against the boundary more than against the mask', () => {
    const { categories } = measureImage(
      {
        ...{ id: 1, name: 'a.png', origin: null, width: 200, height: 200 },
        truth: [{ ...at([0, 0, 200, 200], 200), area: 40_000, crowd: false }],
        detections: [{ ...at([6, 6, 194, 194], 200), score: 1 }],
      },
      options,
    );
    const reached = (kind: MatchKind) => categories[0]![kind].ranges.all.right[0]!.toString(2).length;
    expect(reached('mask')).toBeGreaterThan(reached('boundary'));
  });

  it('can be sent between threads', () => {
    for (const each of randomImages(6, { images: 3, instances: 8, size: 60, categories: 3 })) {
      const measured = measureImage(each, { ...options, categories: 3 });
      expect(structuredClone(measured)).toEqual(measured);
    }
  });

  it('refuses a score that is no number, a mask of another size, and a category that the set has not', () => {
    const wrongScore = { ...image, detections: [{ ...image.detections[0]!, score: Number.NaN }] };
    expect(() => measureImage(wrongScore, options)).toThrow('image 3 has a detection with the score NaN');
    expect(() => measureImage({ ...image, width: 61 }, options)).toThrow(
      'image 3 has 60x61 pixels (height x width), but a mask 60x60',
    );
    for (const category of [2, -1, 0.5]) {
      const wrong = { ...image, truth: [{ ...image.truth[0]!, category }] };
      expect(() => measureImage(wrong, { ...options, categories: 2 })).toThrow(
        `image 3 has the category ${category}; expected a whole number from 0, below 2`,
      );
    }
  });
});
