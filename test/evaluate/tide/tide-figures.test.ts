import { describe, expect, it } from 'vitest';
import { precisionCurves, RECALL_POINTS } from '../../../src/evaluate/coco/average-precision.ts';
import { categoryFigures, poolCategories } from '../../../src/evaluate/coco/category-figures.ts';
import { measureImage } from '../../../src/evaluate/matching/measure-image.ts';
import type { DetectionKind } from '../../../src/evaluate/outcome/outcome.ts';
import { DETECTION_KINDS, type TideImage } from '../../../src/evaluate/tide/tide.ts';
import { tideFigures } from '../../../src/evaluate/tide/tide-figures.ts';
import { randomImages } from '../random-images.ts';
import { imagesOf, TIDE_SETS } from './golden-tide.ts';

interface Found {
  kind: DetectionKind;
  score: number;
  category?: number;
  building?: number;
}

/** @param truth category of each building, -1 for a crowd region */
function image(truth: number[], found: Found[]): { tide: TideImage } {
  return {
    tide: {
      truth: Int32Array.from(truth),
      scores: Float64Array.from(found, ({ score }) => score),
      categories: Int32Array.from(found, ({ category = 0 }) => category),
      kinds: Uint8Array.from(found, ({ kind }) => DETECTION_KINDS.indexOf(kind)),
      buildings: Int32Array.from(found, ({ building = -1 }) => building),
      ious: new Float64Array(found.length),
    },
  };
}

const NONE = {
  class: 0,
  localisation: 0,
  both: 0,
  duplicate: 0,
  background: 0,
  missed: 0,
  false_positive: 0,
  false_negative: 0,
};
/** Sums of 101 equal values are off in the last bit. */
const rounded = (figures: ReturnType<typeof tideFigures>) =>
  Object.fromEntries(
    Object.entries(figures).map(([kind, rise]) => [kind, rise && Math.round(rise * 1e12) / 1e12]),
  );
/** Of 101 recall points, those up to a half, and those above. */
const [LOWER, UPPER] = [51 / 101, 50 / 101];

describe('tideFigures', () => {
  it('is 0 where nothing is wrong', () => {
    expect(tideFigures([image([0], [{ kind: 'hit', score: 0.9, building: 0 }])])).toEqual(NONE);
  });

  it('makes a badly localised detection right', () => {
    const figures = tideFigures([
      image(
        [0, 0],
        [
          { kind: 'hit', score: 0.9, building: 0 },
          { kind: 'background', score: 0.8 },
          { kind: 'localisation', score: 0.7, building: 1 },
        ],
      ),
    ]);
    // Right, wrong, right: two thirds precision where there was none. Without the false negative one building is left.
    expect(figures.localisation).toBeCloseTo((UPPER * 2) / 3, 12);
    expect(figures).toEqual({ ...NONE, localisation: figures.localisation, false_negative: 1 - LOWER });
  });

  it.each(['background', 'duplicate', 'both'] as const)('takes %s away', (kind) => {
    const figures = tideFigures([
      image(
        [0],
        [
          { kind, score: 0.95 },
          { kind: 'hit', score: 0.9, building: 0 },
        ],
      ),
    ]);
    expect(rounded(figures)).toEqual({ ...NONE, [kind]: 0.5, false_positive: 0.5 });
  });

  it('makes only the best of those right that aim at one building', () => {
    const aims = [0.9, 0.8].map((score): Found => ({ kind: 'localisation', score, building: 0 }));
    const figures = tideFigures([image([0, 0], [...aims, { kind: 'hit', score: 0.7, building: 1 }])]);
    // Wrong, wrong, right becomes right, right.
    expect(figures.localisation).toBeCloseTo(1 - LOWER / 3, 12);
  });

  it('takes away what aims at a building that another detection found, however badly that one scored', () => {
    const figures = tideFigures([
      image(
        [0],
        [
          { kind: 'localisation', score: 0.9, building: 0 },
          { kind: 'hit', score: 0.8, building: 0 },
        ],
      ),
    ]);
    expect(figures.localisation).toBeCloseTo(0.5, 12);
  });

  it('moves a detection of the wrong category into that of its building', () => {
    const figures = tideFigures([
      image(
        [0, 1],
        [
          { kind: 'class', score: 0.9, category: 1, building: 0 },
          { kind: 'hit', score: 0.8, category: 1, building: 1 },
        ],
      ),
    ]);
    // From 0 to 1 in the category 0, from a half to 1 in the category 1.
    expect(figures.class).toBeCloseTo(0.75, 12);
  });

  it('takes missed buildings from the ground truth, and those alone that nothing would find', () => {
    const figures = tideFigures([
      image(
        [0, 0, 0, 0],
        [
          { kind: 'hit', score: 0.9, building: 0 },
          { kind: 'localisation', score: 0.8, building: 1 },
        ],
      ),
    ]);
    // One of four found, 26 recall points; of the two that are left, 51; of itself, 101.
    expect(figures.missed).toBeCloseTo((51 - 26) / 101, 12);
    expect(figures.false_negative).toBeCloseTo((101 - 26) / 101, 12);
  });

  it('leaves detections in crowd regions out, whatever is mended', () => {
    const figures = tideFigures([
      image(
        [0, -1],
        [
          { kind: 'crowd', score: 0.95, building: 1 },
          { kind: 'hit', score: 0.9, building: 0 },
        ],
      ),
    ]);
    expect(figures).toEqual(NONE);
  });

  it('keeps the order of the images where scores are equal, also of what is mended', () => {
    const figures = tideFigures([
      image([0], [{ kind: 'hit', score: 0.5, building: 0 }]),
      image([], [{ kind: 'background', score: 0.5 }]),
      image([0], [{ kind: 'localisation', score: 0.5, building: 0 }]),
    ]);
    expect(figures.localisation).toBeCloseTo((UPPER * 2) / 3, 12);
  });

  it('does not count categories without buildings', () => {
    const figures = tideFigures([
      image(
        [0],
        [
          { kind: 'background', score: 0.97, category: 1 },
          { kind: 'background', score: 0.95, category: 0 },
          { kind: 'hit', score: 0.9, building: 0 },
        ],
      ),
    ]);
    expect(rounded(figures)).toEqual({ ...NONE, background: 0.5, false_positive: 0.5 });
  });

  it('is null without buildings, and where mending would leave none', () => {
    const nothing = Object.fromEntries(Object.keys(NONE).map((kind) => [kind, null]));
    expect(tideFigures([])).toEqual(nothing);
    expect(tideFigures([image([], [{ kind: 'background', score: 0.5 }])])).toEqual(nothing);
    const unseen = image([0], [{ kind: 'background', score: 0.5 }]);
    expect(tideFigures([unseen])).toEqual({ ...NONE, missed: null, false_negative: null });
  });

  it.each(TIDE_SETS)("gives tidecv's figures: $name", (set) => {
    const measured = imagesOf(set).map(({ image }) =>
      measureImage(image, { maxDetections: 100, categories: 3 }),
    );
    expect(categoryFigures(measured, 'mask', { maxDetections: 100 }).ap50).toBeCloseTo(set.ap50, 9);
    const figures = tideFigures(measured);
    for (const [kind, rise] of Object.entries(set.figures)) {
      expect(figures[kind as keyof typeof figures], kind).toBeCloseTo(rise, 9);
    }
  });

  it.each([1, 2, 3, 4])('starts from COCO’s AP50 and ends where recall ends: random set %i', (seed) => {
    const categories = seed > 2 ? 3 : 1;
    const images = randomImages(seed, { images: 12, instances: 20, size: 120, categories });
    const measured = images
      .toSorted((a, b) => a.id - b.id)
      .map((each) => measureImage(each, { maxDetections: 15, categories }));
    const ap50 = categoryFigures(measured, 'mask', { maxDetections: 15 }).ap50!;
    const figures = tideFigures(measured);
    const reached = poolCategories(measured, 'mask')
      .map((pool) => precisionCurves(pool)?.recall[0])
      .filter((recall) => recall !== undefined)
      .map((recall) => RECALL_POINTS.filter((point) => point <= recall).length / RECALL_POINTS.length);
    const best = reached.reduce((sum, share) => sum + share, 0) / reached.length;
    expect(ap50 + figures.false_positive!).toBeCloseTo(best, 9);
    for (const rise of Object.values(figures)) {
      expect(rise).toBeGreaterThanOrEqual(0);
      expect(ap50 + rise!).toBeLessThanOrEqual(1 + 1e-9);
    }
  });
});
