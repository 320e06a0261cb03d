import { describe, expect, it } from 'vitest';
import { calibrate } from '../../../src/evaluate/threshold/calibration.ts';
import { createRandom } from '../../../src/system/random.ts';
import { type Kind, matchedImage, withCategories } from '../matched-images.ts';

const close = (value: number) => expect.closeTo(value, 12);

describe('calibrate', () => {
  it('is worked out by hand: ten bins of score, empty ones left out, crowds nowhere', () => {
    const images = [
      matchedImage([
        [1, 'right'],
        [0.9, 'wrong'],
        [0.6, 'right'],
        [0.55, 'crowd'],
      ]),
      matchedImage(
        [
          [0.68, 'wrong'],
          [0, 'wrong'],
        ],
        4,
      ),
    ];
    const { bins, error } = calibrate(images);
    expect(bins).toEqual([
      { low: 0, high: 0.1, detections: 1, score: 0, precision: 0 },
      { low: 0.6, high: 0.7, detections: 2, score: close(0.64), precision: 0.5 },
      { low: 0.9, high: 1, detections: 2, score: close(0.95), precision: 0.5 },
    ]);
    expect(error).toBeCloseTo((1 * 0 + 2 * 0.14 + 2 * 0.45) / 5, 12);
  });

  it('takes detections of all categories', () => {
    const both = withCategories(matchedImage([[0.8, 'right']]), matchedImage([[0.8, 'wrong']]));
    expect(calibrate([both]).bins).toEqual([
      { low: 0.8, high: 0.9, detections: 2, score: close(0.8), precision: 0.5 },
    ]);
  });

  it('is near 0 for scores that are the chance to be right, and not for others', () => {
    const random = createRandom('calibration');
    const draw = (chance: (score: number) => number) => {
      const scores = Array.from({ length: 20_000 }, () => random.next());
      const kind = (score: number): Kind => (random.next() < chance(score) ? 'right' : 'wrong');
      return scores.map((score) => matchedImage([[score, kind(score)]]));
    };
    expect(calibrate(draw((score) => score)).error).toBeLessThan(0.02);
    // The mean of |score - score²| is 1/6; within a bin most of it remains.
    expect(calibrate(draw((score) => score ** 2)).error).toBeCloseTo(1 / 6, 1);
  });

  it('is undefined without detections, and for scores that are no probabilities', () => {
    const undefinedCalibration = { bins: [], error: null };
    expect(calibrate([])).toEqual(undefinedCalibration);
    expect(calibrate([matchedImage([[0.5, 'crowd']], 2)])).toEqual(undefinedCalibration);
    expect(calibrate([matchedImage([[1.2, 'right']])])).toEqual(undefinedCalibration);
    expect(
      calibrate([
        matchedImage([
          [0.5, 'right'],
          [-0.1, 'wrong'],
        ]),
      ]),
    ).toEqual(undefinedCalibration);
  });
});
