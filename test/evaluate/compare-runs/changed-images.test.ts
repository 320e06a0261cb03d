import { expect, it } from 'vitest';
import { changedImages } from '../../../src/evaluate/compare-runs/changed-images.ts';
import type { OutcomeCounts } from '../../../src/evaluate/outcome/count-outcome.ts';

type Counts = Pick<OutcomeCounts, 'buildings' | 'detections' | 'hits' | 'hitIou'>;

/** A run with these images, ids from 1 on. */
const runOf = (...images: Counts[]) => ({
  counts: images.map((counts, i) => ({ id: i + 1, merged: 0, split: 0, ...counts }) as OutcomeCounts),
  names: new Map(images.map((_, i) => [i + 1, `${i + 1}.png`])),
});

/** Panoptic quality: hitIou / (mean of buildings and detections). */
const image = (hits: number, hitIou: number): Counts => ({ buildings: 4, detections: 4, hits, hitIou });

it('names what changed most, and what was found in it', () => {
  const a = runOf(image(2, 1.6), image(2, 1.6), image(2, 1.6));
  const b = runOf(image(3, 2.4), image(4, 3.6), image(1, 0.8));
  const { better, worse, best, worst } = changedImages(a, b, 1);
  expect([better, worse]).toEqual([2, 1]);
  expect(best).toEqual([
    {
      id: 2,
      name: '2.png',
      change: expect.closeTo(0.5, 12),
      a: { panoptic_quality: 0.4, hits: 2, false_negatives: 2, false_positives: 2, merged: 0, split: 0 },
      b: { panoptic_quality: 0.9, hits: 4, false_negatives: 0, false_positives: 0, merged: 0, split: 0 },
    },
  ]);
  expect(worst.map(({ id }) => id)).toEqual([3]);
});

it('passes over changes that no table shows', () => {
  const a = runOf(image(2, 1.6), image(2, 1.6), image(2, 1.6), image(2, 1.6));
  const b = runOf(image(2, 1.601), image(2, 1.599), image(2, 1.604), image(2, 1.596));
  const { better, worse, best, worst } = changedImages(a, b, 10);
  expect([better, worse]).toEqual([1, 1]);
  expect([best, worst].map(([first]) => first!.id)).toEqual([3, 4]);
});
