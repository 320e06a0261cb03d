import { describe, expect, it } from 'vitest';
import { measureImage } from '../../../src/evaluate/matching/measure-image.ts';
import { chooseThreshold, thresholdCurve } from '../../../src/evaluate/threshold/threshold.ts';
import { createRandom } from '../../../src/system/random.ts';
import { type Kind, matchedImage, withCategories } from '../matched-images.ts';
import { randomImages } from '../random-images.ts';

/** By hand: right 0.9, 0.8, 0.4; wrong 0.8, 0.3; five buildings. */
const SET = [
  matchedImage(
    [
      [0.9, 'right'],
      [0.8, 'wrong'],
      [0.4, 'right'],
    ],
    2,
  ),
  matchedImage([
    [0.85, 'crowd'],
    [0.8, 'right'],
    [0.3, 'wrong'],
  ]),
];
const POINTS = [
  { score: 0.9, precision: 1, recall: 1 / 5, f1: 2 / 6 },
  { score: 0.8, precision: 2 / 3, recall: 2 / 5, f1: 4 / 8 },
  { score: 0.4, precision: 3 / 4, recall: 3 / 5, f1: 6 / 9 },
  { score: 0.3, precision: 3 / 5, recall: 3 / 5, f1: 6 / 10 },
];

/** Straight from the definition, one threshold after the other. */
function figuresFrom(images: ReturnType<typeof matchedImage>[], threshold: number) {
  let [hits, detections, buildings] = [0, 0, 0];
  for (const { mask } of images.flatMap(({ categories }) => categories)) {
    const { right, leftOut, positives } = mask.ranges.all;
    buildings += positives;
    mask.scores.forEach((score, d) => {
      if (score < threshold || leftOut[d]! & 1) return;
      detections++;
      hits += right[d]! & 1;
    });
  }
  return { hits, detections, f1: (2 * hits) / (detections + buildings) };
}

function randomSet(seed: number, digits: number) {
  const random = createRandom('threshold', seed);
  return Array.from({ length: 30 }, () => {
    const scores = Array.from({ length: random.int(20) }, () => Math.round(random.next() * digits) / digits);
    const kindOf = (score: number): Kind => {
      if (random.next() < 0.1) return 'crowd';
      return random.next() < score ? 'right' : 'wrong';
    };
    return matchedImage(
      scores.sort((a, b) => b - a).map((score) => [score, kindOf(score)] as const),
      random.int(5),
    );
  });
}

describe('chooseThreshold', () => {
  it('takes the score with the highest F1; crowds are left out, equal scores are taken together', () => {
    expect(chooseThreshold(SET)).toEqual(POINTS[2]);
  });

  it('takes the higher of two scores with the same F1', () => {
    // F1 is 2/3 from 0.9 on, and 4/6 from 0.5 on.
    const image = matchedImage([
      [0.9, 'right'],
      [0.7, 'wrong'],
      [0.6, 'wrong'],
      [0.5, 'right'],
    ]);
    expect(chooseThreshold([image])).toEqual({ score: 0.9, precision: 1, recall: 1 / 2, f1: 2 / 3 });
  });

  it('counts all categories together', () => {
    const both = withCategories(matchedImage([[0.9, 'right']], 1), matchedImage([[0.5, 'right']]));
    expect(chooseThreshold([both])).toEqual({ score: 0.5, precision: 1, recall: 2 / 3, f1: 4 / 5 });
  });

  it('is null where no detection is right', () => {
    expect(chooseThreshold([])).toBeNull();
    expect(chooseThreshold([matchedImage([], 3)])).toBeNull();
    expect(
      chooseThreshold([
        matchedImage(
          [
            [0.9, 'wrong'],
            [0.8, 'crowd'],
          ],
          3,
        ),
      ]),
    ).toBeNull();
  });

  it.each([10, 1000, 1e9])('is never beaten by any score that occurs, of %i', (digits) => {
    for (let seed = 0; seed < 10; seed++) {
      const set = randomSet(seed, digits);
      const scores = set.flatMap(({ categories }) => [...categories[0]!.mask.scores]);
      const chosen = chooseThreshold(set)!;
      expect(chosen.f1).toBe(figuresFrom(set, chosen.score).f1);
      for (const score of scores) {
        const { f1 } = figuresFrom(set, score);
        expect(chosen.f1).toBeGreaterThanOrEqual(f1);
        if (score > chosen.score) expect(chosen.f1).toBeGreaterThan(f1);
      }
    }
  });

  it('is that of images measured', () => {
    const images = randomImages(2, { images: 6, instances: 12, size: 90 });
    const measured = images.map((image) => measureImage(image, { maxDetections: 100 }));
    const { score, precision } = chooseThreshold(measured)!;
    const { hits, detections } = figuresFrom(measured, score);
    expect(precision).toBe(hits / detections);
  });
});

describe('thresholdCurve', () => {
  it('has every score that occurs, the highest first', () => {
    expect(thresholdCurve(SET)).toEqual(POINTS);
  });

  it('has 201 points at most, each as good as if it stood alone, over the whole range of scores', () => {
    const set = randomSet(3, 1e9);
    set.push(matchedImage([[3, 'wrong']]), matchedImage([[-2, 'wrong']]));
    const scores = set.flatMap(({ categories }) => [...categories[0]!.mask.scores]);
    expect(new Set(scores).size).toBeGreaterThan(201);
    const curve = thresholdCurve(set);
    expect(curve.length).toBeLessThanOrEqual(201);
    // Between 0 and 1 there is room for 40 steps of a range of 5.
    expect(curve.length).toBeGreaterThan(38);
    expect([curve[0]!.score, curve.at(-1)!.score]).toEqual([3, -2]);
    for (const [i, point] of curve.entries()) {
      expect(scores).toContain(point.score);
      expect(point.f1).toBe(figuresFrom(set, point.score).f1);
      if (i > 0) expect(point.score).toBeLessThan(curve[i - 1]!.score);
    }
  });

  it('is empty where nothing was found, and where there is nothing to find', () => {
    expect(thresholdCurve([])).toEqual([]);
    expect(thresholdCurve([matchedImage([], 2)])).toEqual([]);
    expect(thresholdCurve([matchedImage([[0.9, 'wrong']])])).toEqual([]);
    expect(thresholdCurve([matchedImage([[0.9, 'wrong']], 1)])).toEqual([
      { score: 0.9, precision: 0, recall: 0, f1: 0 },
    ]);
  });
});
