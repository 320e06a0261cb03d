import { describe, expect, it } from 'vitest';
import { precisionCurves } from '../../../src/evaluate/coco/average-precision.ts';
import {
  categoryFigures,
  meanOfCategories,
  poolCategories,
  rankCategories,
} from '../../../src/evaluate/coco/category-figures.ts';
import { cocoFigures } from '../../../src/evaluate/coco/coco-figures.ts';
import { measureImage } from '../../../src/evaluate/matching/measure-image.ts';
import { matchedImage, withCategories } from '../matched-images.ts';
import { randomImages } from '../random-images.ts';

const options = { maxDetections: 100 };

describe('categoryFigures', () => {
  it("are COCO's own of one category, with or without a ranking", () => {
    const measured = randomImages(1, { images: 6, instances: 12, size: 90 }).map((image) =>
      measureImage(image, options),
    );
    const rankings = rankCategories(measured);
    for (const kind of ['mask', 'boundary', 'box'] as const) {
      const matches = measured.map(({ categories }) => categories[0]![kind]);
      const figures = cocoFigures(matches, 100);
      expect(categoryFigures(measured, kind, options)).toEqual(figures);
      expect(categoryFigures(measured, kind, { ...options, rankings })).toEqual(figures);
    }
  });

  it('are means over the categories that have buildings, figure by figure', () => {
    // All buildings are medium. Found: all of the first category, half of the second; the third has strays alone.
    const image = withCategories(
      matchedImage([[0.9, 'right']]),
      matchedImage([[0.8, 'right']], 1),
      matchedImage([[0.7, 'wrong']]),
    );
    const figures = categoryFigures([image], 'mask', options);
    expect(figures.ap50).toBeCloseTo((1 + 51 / 101) / 2, 12);
    expect(figures.ap_medium).toBeCloseTo((figures.ap50! * 5) / 10, 12);
    expect(figures.ar).toBeCloseTo(((1 + 0.5) / 2) * (5 / 10), 12);
    expect([figures.ap_small, figures.ar_large]).toEqual([null, null]);
  });

  it('rank each category for itself', () => {
    // The stray of the second category has the best score of all, which the first is not to feel.
    const image = withCategories(matchedImage([[0.5, 'right']]), matchedImage([[0.9, 'wrong']], 1));
    expect(categoryFigures([image], 'mask', options).ap50).toBeCloseTo((1 + 0) / 2, 12);
  });

  it('are null without images', () => {
    expect(Object.values(categoryFigures([], 'mask', options))).toEqual(Array(12).fill(null));
  });
});

describe('poolCategories', () => {
  it('has one pool for each category', () => {
    const image = withCategories(matchedImage([[0.9, 'right']]), matchedImage([], 2), matchedImage([]));
    const pools = poolCategories([image, image], 'mask');
    expect(pools.map(({ positives }) => [...positives])).toEqual([[1, 1], [2, 2], []]);
    expect(pools.map((pool) => precisionCurves(pool)?.recall[0] ?? null)).toEqual([1, 0, null]);
    expect(poolCategories([image], 'mask', { range: 'small' })[0]!.positives).toHaveLength(0);
  });
});

describe('meanOfCategories', () => {
  it('takes what is defined', () => {
    expect(meanOfCategories([0.5, null, 1])).toBe(0.75);
    expect(meanOfCategories([null, null])).toBeNull();
    expect(meanOfCategories([])).toBeNull();
  });
});
