import { describe, expect, it } from 'vitest';
import { cocoCurves, cocoFigures } from '../../../src/evaluate/coco/coco-figures.ts';
import { type ImageMatches, matchImage } from '../../../src/evaluate/matching/matching.ts';

/** Each detection hits a building of its own, or none. */
function image(areas: number[], isHit: boolean[] = areas.map(() => true)): ImageMatches {
  return matchImage({
    scores: Float64Array.from(areas, (_, i) => 1 - i / 100),
    detectionAreas: areas,
    truth: areas.map((area) => ({ area, crowd: false })),
    overlaps: Float64Array.from(areas.flatMap((_, d) => areas.map((_, g) => (d === g && isHit[d] ? 1 : 0)))),
  });
}

/** Means of floats, which miss the last bit. */
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12));

const SMALL = 500;
const LARGE = 10_000;

describe('cocoFigures', () => {
  it('takes the recall of the best, of the best ten and of all', () => {
    const figures = cocoFigures([image(Array(20).fill(SMALL))], 15);
    expect([figures.ar_1, figures.ar_10, figures.ar]).toEqual(close([1 / 20, 10 / 20, 15 / 20]));
    const few = cocoFigures([image(Array(20).fill(SMALL))], 5);
    expect([few.ar_1, few.ar_10, few.ar]).toEqual(close([1 / 20, 5 / 20, 5 / 20]));
  });

  it('judges each size for itself; null where there is none', () => {
    const images = [image([SMALL, LARGE, LARGE, SMALL], [true, true, false, true])];
    const figures = cocoFigures(images, 100);
    expect([figures.ap_small, figures.ar_small]).toEqual(close([1, 1]));
    expect([figures.ap_large, figures.ar_large]).toEqual(close([51 / 101, 0.5]));
    expect([figures.ap_medium, figures.ar_medium]).toEqual([null, null]);
    expect(figures.ar).toBeCloseTo(3 / 4, 12);
  });
});

describe('cocoCurves', () => {
  it('has one entry a limit for each size, null where undefined', () => {
    const { all: some, large } = cocoCurves([image(Array(4).fill(SMALL))], [1, 2, 500]);
    const all = some.map((curves) => curves!);
    expect(all.map(({ recall }) => recall[0])).toEqual([1 / 4, 2 / 4, 1]);
    const reached = all.map(({ precision }) => precision.slice(0, 101).filter((value) => value > 0).length);
    expect(reached).toEqual([26, 51, 101]);
    expect(large).toEqual([null, null, null]);
  });
});
