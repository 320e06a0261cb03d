import { describe, expect, it } from 'vitest';
import { measureImage } from '../../../src/evaluate/matching/measure-image.ts';
import { buildingErrors, DETECTION_KINDS, tideOf } from '../../../src/evaluate/tide/tide.ts';
import { imagesOf, TIDE_SETS } from './golden-tide.ts';

interface Found {
  category?: number;
  /** IoU with each of the truth. */
  ious: number[];
  takes?: number;
}

/** @param truth category of each building; 'crowd' for a crowd region of category 0 */
function judge(truth: (number | 'crowd')[], found: Found[]) {
  return tideOf({
    truth: truth.map((category) =>
      category === 'crowd' ? { category: 0, crowd: true } : { category, crowd: false },
    ),
    ranked: found.map(({ category = 0 }, k) => ({ category, score: 1 - k / 100 })),
    overlaps: Float64Array.from(found.flatMap(({ ious }) => ious)),
    taken: Int32Array.from(found, ({ takes = -1 }) => takes),
  });
}

/** [kind, building, IoU] of every detection. */
function verdicts(...given: Parameters<typeof judge>) {
  const { kinds, buildings, ious } = judge(...given);
  return Array.from(kinds, (kind, k) => [DETECTION_KINDS[kind], buildings[k], ious[k]]);
}

const errorsOf = (...given: Parameters<typeof judge>) => buildingErrors(judge(...given));

describe('tideOf', () => {
  it('tells the kinds of false positives apart', () => {
    expect(
      verdicts(
        [0, 1],
        [
          { ious: [0.8, 0], takes: 0 },
          { ious: [0.7, 0] },
          { ious: [0.3, 0] },
          { ious: [0, 0.6] },
          { ious: [0, 0.3] },
          { ious: [0.05, 0.05] },
        ],
      ),
    ).toEqual([
      ['hit', 0, 0.8],
      ['duplicate', 0, 0.7],
      ['localisation', 0, 0.3],
      ['class', 1, 0.6],
      ['both', 1, 0.3],
      ['background', -1, 0],
    ]);
  });

  it('counts both thresholds to bad localisation, and 0.1 of another category to the background', () => {
    const kinds = verdicts(
      [0, 1],
      [{ ious: [0.5, 0] }, { ious: [0.1, 0] }, { ious: [0, 0.5] }, { ious: [0, 0.1] }],
    );
    expect(kinds.map(([kind]) => kind)).toEqual(['localisation', 'localisation', 'class', 'background']);
  });

  it('asks for bad localisation before the category, and for the category before duplicates', () => {
    const found = [{ ious: [0.9, 0], takes: 0 }, { ious: [0.2, 0.9] }, { ious: [0.6, 0.5] }];
    expect(verdicts([0, 1], found).map(([kind]) => kind)).toEqual(['hit', 'localisation', 'class']);
  });

  it('speaks of the building that is covered best, whether it was found or not', () => {
    expect(verdicts([0, 0], [{ ious: [0.9, 0], takes: 0 }, { ious: [0.4, 0.3] }])[1]).toEqual([
      'localisation',
      0,
      0.4,
    ]);
  });

  it('leaves out what takes a crowd region, and never compares with one otherwise', () => {
    expect(verdicts(['crowd', 0], [{ ious: [0.7, 0.2], takes: 0 }, { ious: [0.4, 0] }])).toEqual([
      ['crowd', 0, 0.7],
      ['background', -1, 0],
    ]);
  });

  it('is empty for an image without detections, and background for one without buildings', () => {
    expect(verdicts([0], [])).toEqual([]);
    expect(verdicts([], [{ ious: [] }])).toEqual([['background', -1, 0]]);
  });

  it.each(TIDE_SETS)('finds the kinds that tidecv finds: $name', (set) => {
    for (const { image, kinds, missed } of imagesOf(set)) {
      const { tide } = measureImage(image, { maxDetections: 100, categories: 3 });
      expect(Array.from(tide.kinds, (kind) => DETECTION_KINDS[kind])).toEqual(kinds);
      const errors = buildingErrors(tide);
      expect([...errors.keys()].filter((g) => errors[g]?.kind === 'missed')).toEqual(missed);
    }
  });
});

describe('buildingErrors', () => {
  it('puts a building down to the best detection that speaks of it', () => {
    expect(
      errorsOf(
        [0, 1, 0],
        [
          { category: 1, ious: [0.6, 0, 0] },
          { ious: [0.3, 0, 0] },
          { ious: [0, 0.6, 0] },
          { category: 1, ious: [0, 0.8, 0], takes: 1 },
        ],
      ),
    ).toEqual([
      { kind: 'class', detection: 0 },
      { kind: 'hit', detection: 3 },
      { kind: 'missed', detection: -1 },
    ]);
  });

  it('calls a building missed that is only the second best of a detection', () => {
    expect(errorsOf([0, 0], [{ ious: [0.4, 0.3] }])).toEqual([
      { kind: 'localisation', detection: 0 },
      { kind: 'missed', detection: -1 },
    ]);
  });

  it('looks at the first detections only, if told to', () => {
    const tide = judge([0], [{ ious: [0.3] }, { ious: [0.9], takes: 0 }]);
    expect([0, 1, 2].map((count) => buildingErrors(tide, count)[0]?.kind)).toEqual([
      'missed',
      'localisation',
      'hit',
    ]);
  });

  it('says nothing of crowd regions', () => {
    expect(errorsOf(['crowd'], [{ ious: [0.9], takes: 0 }])).toEqual([null]);
  });
});
