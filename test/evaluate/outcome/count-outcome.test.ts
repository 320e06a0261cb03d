import { describe, expect, it } from 'vitest';
import { gapClassOf } from '../../../src/evaluate/images/building-classes.ts';
import { measureImage } from '../../../src/evaluate/matching/measure-image.ts';
import { countOutcome } from '../../../src/evaluate/outcome/count-outcome.ts';
import type {
  BuildingOutcome,
  DetectionOutcome,
  ImageOutcome,
} from '../../../src/evaluate/outcome/outcome.ts';
import { outcomeOf } from '../../../src/evaluate/outcome/outcome-of.ts';
import { randomImages } from '../random-images.ts';

const BUILDING: BuildingOutcome = {
  truth: 0,
  kind: 'missed',
  merged: false,
  split: false,
  detection: -1,
  iou: 0,
  size: 'small',
  area: 100,
  gap: null,
};
const DETECTION: DetectionOutcome = {
  detection: 0,
  kind: 'background',
  merges: false,
  piece: false,
  truth: -1,
  iou: 0,
  size: 'small',
  score: 0.9,
};
const EMPTY: ImageOutcome = {
  id: 3,
  name: 'a.jpg',
  origin: 'hub',
  size: [10, 20],
  buildings: [],
  detections: [],
  pixels: { both: 0, truth: 0, found: 0 },
};
const NONE = { buildings: 0, hits: 0, merged: 0, split: 0 };

describe('countOutcome', () => {
  it('counts by size and by gap', () => {
    const buildings: BuildingOutcome[] = [
      { ...BUILDING, kind: 'hit', merged: true, size: 'large', gap: 1 },
      { ...BUILDING, kind: 'hit', split: true, size: 'small', gap: 5 },
      { ...BUILDING, kind: 'localisation', merged: true, size: 'small', gap: 2 },
    ];
    const detections: DetectionOutcome[] = [
      { ...DETECTION, kind: 'hit', iou: 0.75, merges: true },
      { ...DETECTION, kind: 'hit', iou: 0.5, piece: true },
      { ...DETECTION, kind: 'localisation', iou: 0.25, piece: true },
      { ...DETECTION, kind: 'crowd', iou: 1 },
    ];
    const pixels = { both: 10, truth: 30, found: 20 };
    expect(countOutcome({ ...EMPTY, buildings, detections, pixels })).toEqual({
      id: 3,
      origin: 'hub',
      density: 'medium',
      pixels,
      buildings: 3,
      hits: 2,
      merged: 2,
      split: 1,
      hitIou: 1.25,
      detections: 3,
      merging: 1,
      pieces: 2,
      by_size: {
        small: { buildings: 2, hits: 1, merged: 1, split: 1 },
        medium: NONE,
        large: { buildings: 1, hits: 1, merged: 1, split: 0 },
      },
      by_gap: {
        touching: { buildings: 2, hits: 1, merged: 2, split: 0 },
        near: { buildings: 1, hits: 1, merged: 0, split: 1 },
        apart: NONE,
      },
    });
  });

  it('is all 0 for an empty image', () => {
    expect(countOutcome(EMPTY)).toMatchObject({ ...NONE, density: 'empty', detections: 0, hitIou: 0 });
  });

  it.each([
    [0, 'empty'],
    [1, 'sparse'],
    [19, 'sparse'],
    [20, 'medium'],
    [49, 'medium'],
    [50, 'dense'],
    [200, 'dense'],
  ])('calls an image with %i of 200 pixels built up %s', (truth, density) => {
    expect(countOutcome({ ...EMPTY, pixels: { both: 0, truth, found: 0 } }).density).toBe(density);
  });

  it('adds up on random images', () => {
    for (const image of randomImages(5, { images: 8, instances: 25, size: 120 })) {
      const outcome = outcomeOf(image, measureImage(image, { maxDetections: 100 }), 0.3);
      const { by_size, by_gap, ...counts } = countOutcome(outcome);
      const kinds = (kind: string) => outcome.detections.filter((each) => each.kind === kind).length;
      expect(counts.buildings).toBe(image.truth.filter(({ crowd }) => !crowd).length);
      expect(counts.hits).toBe(kinds('hit'));
      expect(counts.detections + kinds('crowd')).toBe(outcome.detections.length);
      expect(counts.hitIou).toBeLessThanOrEqual(counts.hits);
      expect(counts.hitIou).toBeGreaterThanOrEqual(0.5 * counts.hits);
      for (const parts of [Object.values(by_size), Object.values(by_gap)]) {
        for (const key of ['buildings', 'hits', 'merged', 'split'] as const) {
          expect(parts.reduce((sum, part) => sum + part[key], 0)).toBe(counts[key]);
        }
      }
    }
  });
});

describe('gapClassOf', () => {
  it('parts at 2 and at 8 pixels', () => {
    expect([0, 2, 2.1, 8, 8.1, null].map(gapClassOf)).toEqual([
      'touching',
      'touching',
      'near',
      'near',
      'apart',
      'apart',
    ]);
  });
});
