import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  averageRecall,
  poolMatches,
  precisionCurves,
  rankAll,
} from '../../../src/evaluate/coco/average-precision.ts';
import { type AreaRange, type ImageMatches, matchImage } from '../../../src/evaluate/matching/matching.ts';
import { createRandom } from '../../../src/system/random.ts';

/** `hits`: for each detection, in order of score, its overlap with a building of its own. */
function image(
  scores: number[],
  hits: number[],
  buildings = hits.filter((hit) => hit > 0).length,
): ImageMatches {
  const overlaps = hits.flatMap((hit, d) => Array.from({ length: buildings }, (_, g) => (g === d ? hit : 0)));
  return matchImage({
    scores: Float64Array.from(scores),
    detectionAreas: hits.map(() => 2000),
    truth: Array.from({ length: buildings }, () => ({ area: 2000, crowd: false })),
    overlaps: Float64Array.from(overlaps),
  });
}

const curvesOf = (images: ImageMatches[], range: AreaRange = 'all') =>
  precisionCurves(poolMatches(images, { range }));

describe('rankAll', () => {
  it('orders by score over all images; ties keep the order of the images', () => {
    const { image: images, detection } = rankAll([
      image([0.9, 0.5], [1, 1]),
      image([0.9, 0.7, 0.5], [1, 1, 1]),
    ]);
    expect([...images]).toEqual([0, 1, 1, 0, 1]);
    expect([...detection]).toEqual([0, 0, 1, 1, 2]);
  });
});

describe('poolMatches', () => {
  it('lists what counts in order of score, and runs of what is not wrong at each threshold', () => {
    const crowded = matchImage({
      scores: Float64Array.of(0.95, 0.6),
      detectionAreas: [2000, 2000],
      truth: [{ area: 2000, crowd: true }],
      overlaps: Float64Array.of(1, 0.7),
    });
    const pool = poolMatches([image([0.9, 0.5], [1, 0.7], 3), crowded], { range: 'all' });
    expect([pool.size, [...pool.positives], [...pool.holders]]).toEqual([2, [3], [0]]);
    // The one that lies on the crowd at every threshold never counts.
    expect([...pool.images]).toEqual([0, 1, 0]);
    expect([...pool.runs[0]!]).toEqual([2 * 0 + 1, 1, 2 * 1, 2, 2 * 2 + 1, 3]);
    expect([...pool.runs[5]!]).toEqual([2 * 0 + 1, 1]);
  });

  it('keeps the best of each image', () => {
    const images = [image([0.9, 0.8], [1, 1]), image([0.7, 0.6, 0.5], [1, 0, 1])];
    const pool = poolMatches(images, { range: 'all', maxDetections: 1 });
    expect([...pool.images]).toEqual([0, 1]);
    expect([...pool.runs[0]!]).toEqual([2 * 0 + 1, 2]);
    expect([...pool.positives]).toEqual([2, 2]);
  });
});

describe('precisionCurves of repeated images', () => {
  it('are those of a set in which the images stand as often', () => {
    const random = createRandom('repeats');
    const images = Array.from({ length: 12 }, () => {
      const count = 1 + random.int(9);
      const scores = Array.from({ length: count }, () => random.next()).sort((a, b) => b - a);
      const hits = scores.map(() => (random.next() < 0.6 ? random.uniform(0.4, 1) : 0));
      return image(scores, hits, count + random.int(3));
    });
    const repeats = images.map(() => random.int(4));
    const copies = images.flatMap((each, i) => Array<ImageMatches>(repeats[i]!).fill(each));
    const pool = poolMatches(images, { range: 'all' });
    expect(precisionCurves(pool, repeats)).toEqual(curvesOf(copies));
    expect(precisionCurves(pool, repeats)).not.toEqual(precisionCurves(pool));
  });

  it('are null where no image that holds a building is left', () => {
    const pool = poolMatches([image([0.9], [1]), image([0.8], [0], 0)], { range: 'all' });
    expect(precisionCurves(pool, [0, 3])).toBeNull();
    const other = poolMatches([image([0.8], [0], 0), image([0.9], [1])], { range: 'all' });
    expect(precisionCurves(other, [3, 0])).toBeNull();
    expect(precisionCurves(other, [0, 3])!.recall[0]).toBe(1);
  });
});

describe('averagePrecision', () => {
  it('is 1 when every building is found exactly and nothing else', () => {
    const curves = curvesOf([image([0.9, 0.8], [1, 1])]);
    expect(averagePrecision(curves)).toBe(1);
    expect(averageRecall(curves)).toBe(1);
  });

  it('is worked out by hand: right, wrong, right, with one of three buildings missed', () => {
    const curves = curvesOf([image([0.9, 0.6], [1, 0], 3), image([0.5], [1], 0), image([0.4], [1], 0)]);
    // Only the first detection can be right: recall 1/3 with precision 1, so 34 of 101 recall points (0 ... 0.33).
    expect(averagePrecision(curves, 0.5)).toBeCloseTo(34 / 101, 12);
    const two = curvesOf([image([0.9, 0.6, 0.3], [1, 0, 1], 3)]);
    // Precision 1 up to recall 1/3, then 2/3 up to recall 2/3 (points 0.34 ... 0.66).
    expect(averagePrecision(two, 0.5)).toBeCloseTo((34 + 33 * (2 / 3)) / 101, 12);
    expect(averageRecall(two)).toBeCloseTo(2 / 3, 12);
  });

  it('takes the best precision that follows at a larger recall', () => {
    const curves = curvesOf([image([0.9, 0.8, 0.7], [0, 1, 1], 3)]);
    // The wrong one first: precision 0, 1/2, 2/3; recall 2/3 at the end: 67 points of 2/3.
    expect(averagePrecision(curves, 0.5)).toBeCloseTo((67 * (2 / 3)) / 101, 12);
  });

  it('averages over the thresholds', () => {
    const curves = curvesOf([image([0.9], [0.72])]);
    expect(averagePrecision(curves)).toBeCloseTo(0.5, 12);
    expect(averagePrecision(curves, 0.7)).toBeCloseTo(1, 12);
    expect(averagePrecision(curves, 0.75)).toBe(0);
  });

  it('is 0 when buildings are there and nothing is found', () => {
    const curves = curvesOf([image([], [], 2)]);
    expect([averagePrecision(curves), averageRecall(curves)]).toEqual([0, 0]);
  });

  it('is null where no building counts', () => {
    expect(averagePrecision(curvesOf([], 'all'))).toBeNull();
    expect(averagePrecision(curvesOf([image([0.9], [0], 0)]))).toBeNull();
    expect(averageRecall(curvesOf([image([0.9], [1])], 'large'))).toBeNull();
  });

  it("refuses a threshold that is not one of COCO's", () => {
    const curves = curvesOf([image([0.9], [1])]);
    expect(() => averagePrecision(curves, 0.52)).toThrow("0.52 is not one of COCO's IoU thresholds");
  });
});
