import { describe, expect, it } from 'vitest';
import { evaluateImages } from '../../src/evaluate/evaluate-images.ts';
import {
  addTallies,
  figuresByDensity,
  figuresByGap,
  figuresBySize,
  figuresBySource,
} from '../../src/evaluate/groups.ts';
import type { EvaluatedImage } from '../../src/evaluate/images/detections.ts';
import { building, detection } from '../visualize/instances.ts';
import { randomImages } from './random-images.ts';

const SIDE = 200;
type Box = [number, number, number, number];

/** @param boxes of buildings */
function imageOf(id: number, origin: string | null, boxes: Box[], found: Box[]): EvaluatedImage {
  return {
    ...{ id, name: `${id}.png`, origin, width: SIDE, height: SIDE },
    truth: boxes.map((box) => building(box, SIDE)),
    detections: found.map((box) => detection(box, 0.9, SIDE)),
  };
}

const evaluate = (images: EvaluatedImage[]) =>
  evaluateImages(images, { maxDetections: 100, scoreThreshold: 0.5 });

// Two small ones that touch; a medium one 5 pixels off; a large one far away.
const [LEFT, RIGHT, NEAR, LARGE]: Box[] = [
  [0, 0, 20, 20],
  [0, 21, 20, 41],
  [0, 46, 40, 86],
  [90, 0, 200, 100],
];

describe('figures of parts of the buildings', async () => {
  // The two that touch are found as one.
  const { counts } = await evaluate([
    imageOf(1, null, [LEFT!, RIGHT!, NEAR!, LARGE!], [[0, 0, 20, 41], LARGE!]),
    imageOf(2, null, [LEFT!], [LEFT!]),
  ]);

  it('are by size', () => {
    expect(figuresBySize(counts)).toEqual({
      small: { buildings: 3, recall: 1 / 3, merged_rate: 2 / 3, split_rate: 0 },
      medium: { buildings: 1, recall: 0, merged_rate: 0, split_rate: 0 },
      large: { buildings: 1, recall: 1, merged_rate: 0, split_rate: 0 },
    });
  });

  it('are by gap', () => {
    expect(figuresByGap(counts)).toEqual({
      touching: { buildings: 2, recall: 0, merged_rate: 1, split_rate: 0 },
      near: { buildings: 1, recall: 0, merged_rate: 0, split_rate: 0 },
      apart: { buildings: 2, recall: 1, merged_rate: 0, split_rate: 0 },
    });
  });

  it('are null for classes without a building', () => {
    const none = { buildings: 0, recall: null, merged_rate: null, split_rate: null };
    expect(figuresBySize([])).toEqual({ small: none, medium: none, large: none });
  });
});

describe('figures of parts of the images', async () => {
  const set = await evaluate([
    imageOf(1, 'hub', [LARGE!], [LARGE!]),
    imageOf(2, 'hub', [LEFT!, NEAR!], [LEFT!]),
    imageOf(3, 'a town', [], [LEFT!]),
    imageOf(4, null, [LEFT!], []),
  ]);

  it('are by density', () => {
    const { empty, sparse, medium, dense } = figuresByDensity(set);
    // 11000 of 40000 pixels are dense; 2000 and 400 are sparse.
    expect(dense).toEqual({
      ...{ images: 1, buildings: 1, detections: 1, precision: 1, recall: 1, f1: 1 },
      ...{ mask_ap: expect.closeTo(1, 12), mask_ap50: expect.closeTo(1, 12), merged_rate: 0, split_rate: 0 },
    });
    expect(sparse).toMatchObject({
      images: 2,
      buildings: 3,
      detections: 1,
      precision: 1,
      recall: 1 / 3,
      f1: 2 / 4,
    });
    expect(sparse.mask_ap50).toBeCloseTo(34 / 101, 12);
    expect(empty).toMatchObject({
      images: 1,
      buildings: 0,
      detections: 1,
      precision: 0,
      recall: null,
      mask_ap: null,
    });
    expect(medium).toMatchObject({ images: 0, precision: null });
  });

  it('are by source, in alphabetical order, without images of no source', () => {
    const groups = figuresBySource(set);
    expect(Object.keys(groups)).toEqual(['a town', 'hub']);
    expect(groups['a town']).toMatchObject({ images: 1, detections: 1, mask_ap: null });
    expect(groups.hub).toMatchObject({ images: 2, buildings: 3, detections: 2, precision: 1, recall: 2 / 3 });
    expect(figuresBySource({ measured: [], counts: [] })).toEqual({});
  });

  it('are those of the images alone', async () => {
    const images = randomImages(4, { images: 12, instances: 10, size: 90 });
    const { by_source } = (await evaluate(images)).metrics;
    for (const [origin, figures] of Object.entries(by_source)) {
      const { metrics } = await evaluate(images.filter((image) => image.origin === origin));
      expect(figures).toEqual({
        ...{ images: metrics.images, buildings: metrics.buildings, detections: metrics.detections },
        ...{ mask_ap: metrics.mask.ap, mask_ap50: metrics.mask.ap50 },
        ...{ precision: metrics.precision, recall: metrics.recall, f1: metrics.f1 },
        ...{ merged_rate: metrics.merged.rate, split_rate: metrics.split.rate },
      });
    }
    expect(Object.keys(by_source)).toEqual(['source 1', 'source 2']);
  });
});

describe('addTallies', () => {
  it('adds each number', () => {
    const one = { buildings: 1, detections: 2, hits: 3, hitIou: 0.5, merged: 4, split: 5 };
    expect(addTallies([one, one])).toEqual({
      ...{ buildings: 2, detections: 4, hits: 6, hitIou: 1, merged: 8, split: 10 },
    });
    expect(addTallies([])).toEqual({ buildings: 0, detections: 0, hits: 0, hitIou: 0, merged: 0, split: 0 });
  });
});
