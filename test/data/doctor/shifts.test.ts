import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../../src/data/doctor/building-outline.ts';
import { compareSplits, shiftFindings } from '../../../src/data/doctor/shifts.ts';
import type { SourceImage } from '../../../src/data/doctor/source-image.ts';
import type { Split } from '../../../src/data/prepared.ts';
import { createRandom } from '../../../src/system/random.ts';
import { imageOf } from '../../support/sound-image.ts';

const squares = (sides: readonly number[]) =>
  sides.map((side) => outlineOf([[0, 0, side, 0, side, side, 0, side]]));

/** `count` images, each with what `traits` gives for it. */
function many(
  split: Split,
  count: number,
  traits: (i: number) => Partial<SourceImage> & { brightness?: number },
) {
  return Array.from({ length: count }, (_, i) => {
    const { brightness = 0.5, ...more } = traits(i);
    const image = imageOf(`${split}-${i}`, { split, ...more });
    return { ...image, facts: { ...image.facts, brightness } };
  });
}

const shiftsOf = (images: readonly SourceImage[]) =>
  shiftFindings(compareSplits(images)).map(({ split, detail }) => `${split} ${detail.split(':')[0]}`);

describe('compareSplits', () => {
  it('takes one number of each image that has the trait', () => {
    const images = [
      imageOf('a', { buildings: squares([2, 3, 10]) }),
      imageOf('b', { buildings: squares([2, 4]) }),
      imageOf('c', { buildings: [] }),
      imageOf('d', { split: 'test' }),
      imageOf('e', { split: null }),
    ];
    const [buildings, area, brightness, pixels] = compareSplits(images);
    expect(buildings).toMatchObject({
      trait: 'buildings',
      values: { train: [3, 2, 0], valid: [], test: [1] },
    });
    expect(area!.values).toEqual({ train: [9, 10], valid: [], test: [100] });
    expect(brightness!.values.train).toEqual([0.5, 0.5, 0.5]);
    expect(pixels!.values.test).toEqual([64 * 48]);
    // Nothing to test of a split without images.
    expect(buildings!.tests.map(({ split }) => split)).toEqual(['test']);
  });

  it.each([
    [
      'buildings per image',
      (i: number) => ({ buildings: squares(Array(i % 5).fill(9)) }),
      (i: number) => ({ buildings: squares(Array(4 + (i % 5)).fill(9)) }),
    ],
    [
      'mean brightness, 0-1',
      (i: number) => ({ brightness: ((i * 17) % 50) / 100 }),
      (i: number) => ({ brightness: 0.4 + ((i * 17) % 50) / 100 }),
    ],
    ['pixels per image', () => ({ width: 100 }), () => ({ width: 500 })],
    [
      "median area of an image's buildings, square pixels",
      (i: number) => ({ buildings: squares([5 + (i % 9)]) }),
      (i: number) => ({ buildings: squares([15 + (i % 9)]) }),
    ],
  ])('finds a shift of %s', (title, ofTrain, ofTest) => {
    const images = [
      ...many('train', 100, ofTrain),
      ...many('valid', 30, ofTrain),
      ...many('test', 30, ofTest),
    ];
    expect(shiftsOf(images)).toEqual([`test ${title}`]);
  });

  it('is silent about a difference that is certain but small', () => {
    const random = createRandom(5, 'small');
    const images = [
      ...many('train', 4000, () => ({ brightness: 0.5 + 0.1 * random.normal() })),
      ...many('test', 1000, () => ({ brightness: 0.52 + 0.1 * random.normal() })),
    ];
    const { statistic, pValue, differs } = compareSplits(images)[2]!.tests[0]!;
    expect(pValue).toBeLessThan(1e-3);
    expect(statistic).toBeLessThan(0.2);
    expect(differs).toBe(false);
  });

  it('is silent about a difference that is large but may be chance', () => {
    const images = [
      ...many('train', 8, (i) => ({ brightness: 0.4 + i / 100 })),
      ...many('test', 3, (i) => ({ brightness: 0.45 + i / 30 })),
    ];
    expect(compareSplits(images)[2]!.tests[0]!.statistic).toBeGreaterThan(0.5);
    expect(shiftsOf(images)).toEqual([]);
  });
});

describe('shiftFindings', () => {
  it('names both medians and the test', () => {
    const images = [
      ...many('train', 40, (i) => ({ brightness: i / 100 })),
      ...many('valid', 40, (i) => ({ brightness: 0.5 + i / 100 })),
    ];
    expect(shiftFindings(compareSplits(images))).toEqual([
      {
        ...{ kind: 'split_shift', split: 'valid', origin: 'every source', image: null, entry: null },
        detail: 'mean brightness, 0-1: median 0.695, in train 0.195 (Kolmogorov-Smirnov D 1.00, p 0e+0)',
        treatment: 'none',
      },
    ]);
  });
});
