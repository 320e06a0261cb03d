import { describe, expect, it } from 'vitest';
import { categoryFigures } from '../../../src/evaluate/coco/category-figures.ts';
import { precisionRecallCurves } from '../../../src/evaluate/coco/precision-recall.ts';
import { measureImage } from '../../../src/evaluate/matching/measure-image.ts';
import { matchedImage, withCategories } from '../matched-images.ts';
import { randomImages } from '../random-images.ts';

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('precisionRecallCurves', () => {
  it('is worked out by hand: of two buildings one found, at an IoU of 0.7', () => {
    const [at50, at75] = precisionRecallCurves([
      matchedImage(
        [
          [0.9, 'wrong'],
          [0.8, 'right'],
        ],
        1,
      ),
    ]);
    expect([at50!.iou, at75!.iou]).toEqual([0.5, 0.75]);
    expect(at50!.points.map(({ recall }) => recall)).toEqual(
      Array.from({ length: 101 }, (_, r) => expect.closeTo(r / 100, 12)),
    );
    expect(at50!.points.map(({ precision }) => precision)).toEqual([
      ...Array(51).fill(expect.closeTo(0.5, 12)),
      ...Array(50).fill(0),
    ]);
    expect(at75!.points.every(({ precision }) => precision === 0)).toBe(true);
  });

  it('has ap50 and ap75 as means, whatever the categories', () => {
    const options = { maxDetections: 100, categories: 3 };
    const measured = randomImages(8, { images: 8, instances: 12, size: 90, categories: 3 }).map((image) =>
      measureImage(image, options),
    );
    const { ap50, ap75 } = categoryFigures(measured, 'mask', options);
    const means = precisionRecallCurves(measured).map(({ points }) =>
      mean(points.map((point) => point.precision)),
    );
    expect(means).toEqual([expect.closeTo(ap50!, 12), expect.closeTo(ap75!, 12)]);
  });

  it('leaves out categories without a building; without points where no category has one', () => {
    const [right, stray] = [matchedImage([[0.9, 'right']]), matchedImage([[0.9, 'wrong']])];
    const [at50] = precisionRecallCurves([withCategories(right, stray)]);
    expect(at50!.points.every(({ precision }) => Math.abs(precision - 1) < 1e-12)).toBe(true);
    const nothing = [
      { iou: 0.5, points: [] },
      { iou: 0.75, points: [] },
    ];
    expect(precisionRecallCurves([withCategories(stray, stray)])).toEqual(nothing);
    expect(precisionRecallCurves([])).toEqual(nothing);
  });
});
