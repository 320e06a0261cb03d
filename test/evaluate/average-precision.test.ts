import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  averageRecall,
  precisionCurves,
  rankAll,
} from '../../src/evaluate/average-precision.ts';
import { type ImageMatches, matchImage } from '../../src/evaluate/matching.ts';

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

describe('averagePrecision', () => {
  it('is 1 when every building is found exactly and nothing else', () => {
    const curves = precisionCurves([image([0.9, 0.8], [1, 1])], 'all');
    expect(averagePrecision(curves)).toBe(1);
    expect(averageRecall(curves)).toBe(1);
  });

  it('is worked out by hand: right, wrong, right, with one of three buildings missed', () => {
    const curves = precisionCurves(
      [image([0.9, 0.6], [1, 0], 3), image([0.5], [1], 0), image([0.4], [1], 0)],
      'all',
    );
    // Only the first detection can be right: recall 1/3 with precision 1, so 34 of 101 recall points (0 ... 0.33).
    expect(averagePrecision(curves, 0.5)).toBeCloseTo(34 / 101, 12);
    const two = precisionCurves([image([0.9, 0.6, 0.3], [1, 0, 1], 3)], 'all');
    // Precision 1 up to recall 1/3, then 2/3 up to recall 2/3 (points 0.34 ... 0.66).
    expect(averagePrecision(two, 0.5)).toBeCloseTo((34 + 33 * (2 / 3)) / 101, 12);
    expect(averageRecall(two)).toBeCloseTo(2 / 3, 12);
  });

  it('takes the best precision that follows at a larger recall', () => {
    const curves = precisionCurves([image([0.9, 0.8, 0.7], [0, 1, 1], 3)], 'all');
    // The wrong one first: precision 0, 1/2, 2/3; recall 2/3 at the end: 67 points of 2/3.
    expect(averagePrecision(curves, 0.5)).toBeCloseTo((67 * (2 / 3)) / 101, 12);
  });

  it('averages over the thresholds', () => {
    const curves = precisionCurves([image([0.9], [0.72])], 'all');
    expect(averagePrecision(curves)).toBeCloseTo(0.5, 12);
    expect(averagePrecision(curves, 0.7)).toBeCloseTo(1, 12);
    expect(averagePrecision(curves, 0.75)).toBe(0);
  });

  it('is 0 when buildings are there and nothing is found', () => {
    const curves = precisionCurves([image([], [], 2)], 'all');
    expect([averagePrecision(curves), averageRecall(curves)]).toEqual([0, 0]);
  });

  it('is null where no building counts', () => {
    expect(averagePrecision(precisionCurves([], 'all'))).toBeNull();
    expect(averagePrecision(precisionCurves([image([0.9], [0], 0)], 'all'))).toBeNull();
    expect(averageRecall(precisionCurves([image([0.9], [1])], 'large'))).toBeNull();
  });

  it("refuses a threshold that is not one of COCO's", () => {
    const curves = precisionCurves([image([0.9], [1])], 'all');
    expect(() => averagePrecision(curves, 0.52)).toThrow("0.52 is not one of COCO's IoU thresholds");
  });
});
