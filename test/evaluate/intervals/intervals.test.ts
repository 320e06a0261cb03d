import { describe, expect, it } from 'vitest';
import { evaluateImages } from '../../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import {
  headlineFigures,
  INTERVAL_KEYS,
  type IntervalKey,
} from '../../../src/evaluate/intervals/headline-figures.ts';
import { bootstrapIntervals } from '../../../src/evaluate/intervals/intervals.ts';
import { type MeasuredImage, measureImage } from '../../../src/evaluate/matching/measure-image.ts';
import type { Metrics } from '../../../src/evaluate/metrics.ts';
import type { OutcomeCounts } from '../../../src/evaluate/outcome/count-outcome.ts';
import { createRandom } from '../../../src/system/random.ts';
import { randomImages } from '../random-images.ts';

const OPTIONS = { maxDetections: 40, scoreThreshold: 0.3 };

const evaluate = (images: EvaluatedImage[]) => evaluateImages(images, OPTIONS);

function headlineOf(metrics: Metrics): Record<IntervalKey, number | null> {
  const { iou, dice, precision, recall, f1, panoptic_quality } = metrics;
  return {
    mask_ap: metrics.mask.ap,
    mask_ap50: metrics.mask.ap50,
    boundary_ap: metrics.boundary.ap,
    box_ap: metrics.box.ap,
    ...{ iou, dice, precision, recall, f1, panoptic_quality },
    merged_rate: metrics.merged.rate,
    split_rate: metrics.split.rate,
  };
}

/** In the order of their ids. Equal scores within an image are the one case in which copies of it differ in order. */
function distinctScores(images: EvaluatedImage[]): EvaluatedImage[] {
  return images
    .toSorted((a, b) => a.id - b.id)
    .map((image) => ({
      ...image,
      detections: image.detections.map((each, d) => ({ ...each, score: each.score + d * 1e-7 })),
    }));
}

/** An image of which only the outcome counts. */
function countsOf(id: number, buildings: number, hits: number): OutcomeCounts {
  const none = { buildings: 0, hits: 0, merged: 0, split: 0 };
  return {
    id,
    origin: null,
    density: 'sparse',
    pixels: { both: hits, truth: buildings, found: hits },
    ...{ buildings, hits, detections: hits, hitIou: hits, merged: 0, split: 0, merging: 0, pieces: 0 },
    by_size: { small: none, medium: none, large: none },
    by_gap: { touching: none, near: none, apart: none },
  };
}

const unseen = (id: number): MeasuredImage =>
  measureImage(
    { id, name: `${id}.png`, origin: null, width: 4, height: 4, truth: [], detections: [] },
    { maxDetections: 1 },
  );

describe('headlineFigures', () => {
  it.each([1, 2, 3])('are those of the metrics, set %i', async (seed) => {
    const { metrics, ...set } = await evaluate(randomImages(seed, { images: 12, instances: 10, size: 80 }));
    const figures = headlineFigures(set)();
    expect(new Set(Object.keys(figures))).toEqual(new Set(INTERVAL_KEYS));
    for (const [key, figure] of Object.entries(headlineOf(metrics))) {
      expect(figures[key as IntervalKey], key).toBeCloseTo(figure!, 13);
    }
  });
});

describe('bootstrapIntervals', () => {
  // With 41 sets, 2.5 % and 97.5 % fall on the second value from each end; with 31, between the first and the second.
  it.each([41, 31])(
    'are those of the images drawn with replacement and evaluated anew, %i times',
    async (resamples) => {
      const images = distinctScores(randomImages(5, { images: 14, instances: 8, size: 70 }));
      const seed = 9;
      const random = createRandom('bootstrap', seed);
      const anew: ReturnType<typeof headlineOf>[] = [];
      for (let b = 0; b < resamples; b++) {
        const drawn = images.map(() => random.int(images.length)).sort((a, b) => a - b);
        const { metrics } = await evaluate(drawn.map((index, id) => ({ ...images[index]!, id })));
        anew.push(headlineOf(metrics));
      }
      const intervals = await bootstrapIntervals({ ...(await evaluate(images)), resamples, seed });
      const second = resamples === 41 ? 1 : 0.75;
      for (const key of INTERVAL_KEYS) {
        const values = anew.map((figures) => figures[key]!).sort((a, b) => a - b);
        const between = (outer: number, inner: number) => (1 - second) * outer + second * inner;
        expect(intervals[key]!.low, key).toBeCloseTo(between(values[0]!, values[1]!), 13);
        expect(intervals[key]!.high, key).toBeCloseTo(between(values.at(-1)!, values.at(-2)!), 13);
        if (key !== 'split_rate')
          expect(intervals[key]!.high - intervals[key]!.low, key).toBeGreaterThan(0.01);
      }
    },
  );

  it('takes the mean over categories anew for each set drawn', async () => {
    const images = distinctScores(randomImages(6, { images: 10, instances: 8, size: 70 })).map((image) => ({
      ...image,
      truth: image.truth.map((each, index) => ({ ...each, category: index % 2 })),
      detections: image.detections.map((each, index) => ({ ...each, category: index % 2 })),
    }));
    const both = (set: EvaluatedImage[]) => evaluateImages(set, { ...OPTIONS, categories: 2 });
    const random = createRandom('bootstrap', 3);
    const anew: number[] = [];
    for (let b = 0; b < 41; b++) {
      const drawn = images.map(() => random.int(images.length)).sort((a, b) => a - b);
      const { metrics } = await both(drawn.map((index, id) => ({ ...images[index]!, id })));
      anew.push(metrics.mask.ap!);
    }
    anew.sort((a, b) => a - b);
    const { mask_ap } = await bootstrapIntervals({ ...(await both(images)), resamples: 41, seed: 3 });
    expect(mask_ap!.low).toBeCloseTo(anew[1]!, 13);
    expect(mask_ap!.high).toBeCloseTo(anew[39]!, 13);
  });

  it('hold the true recall of the population in about 95 of 100 samples of it', async () => {
    const random = createRandom('population');
    const images = 100;
    const samples = 400;
    const measured = Array.from({ length: images }, (_, id) => unseen(id));
    let covered = 0;
    for (let sample = 0; sample < samples; sample++) {
      // Easy and hard images; on average 0.6 of the buildings are found.
      const counts = measured.map(({ id }) => {
        const buildings = 1 + random.int(20);
        const chance = random.uniform(0.3, 0.9);
        const hits = Array.from({ length: buildings }, () => random.next() < chance).filter(Boolean).length;
        return countsOf(id, buildings, hits);
      });
      const { recall } = await bootstrapIntervals({ measured, counts, resamples: 200, seed: sample });
      if (recall!.low <= 0.6 && 0.6 <= recall!.high) covered++;
    }
    // Of 4,000 samples with 1,000 resamples each it was 0.9485 (numpy's quantiles: 0.949); 400 samples are off by 0.011.
    expect(covered / samples).toBeGreaterThan(0.915);
    expect(covered / samples).toBeLessThan(0.98);
  });

  it('are the same bits for the same seed, and others for another', async () => {
    const set = await evaluate(randomImages(7, { images: 20, instances: 8, size: 60 }));
    const first = await bootstrapIntervals({ ...set, resamples: 50, seed: 1 });
    expect(await bootstrapIntervals({ ...set, resamples: 50, seed: 1 })).toEqual(first);
    expect(await bootstrapIntervals({ ...set, resamples: 50, seed: 2 })).not.toEqual(first);
  });

  it('are null without images, with one alone, and without resamples', async () => {
    const nothing = Object.fromEntries(INTERVAL_KEYS.map((key) => [key, null]));
    const many = await evaluate(randomImages(8, { images: 12, instances: 8, size: 60 }));
    const one = { measured: many.measured.slice(0, 1), counts: many.counts.slice(0, 1) };
    expect(await bootstrapIntervals({ measured: [], counts: [], resamples: 20, seed: 1 })).toEqual(nothing);
    expect(await bootstrapIntervals({ ...one, resamples: 20, seed: 1 })).toEqual(nothing);
    expect(await bootstrapIntervals({ ...many, resamples: 0, seed: 1 })).toEqual(nothing);
    expect(await bootstrapIntervals({ ...many, resamples: 20, seed: 1 })).not.toEqual(nothing);
  });

  it.each([
    // They are missing from 13 % of the sets, and from 4 %.
    [2, null],
    [3, { low: 0.5, high: 0.5 }],
  ])(
    'leaves out sets without a building, where they are few: %i images with buildings',
    async (built, expected) => {
      const measured = Array.from({ length: 40 }, (_, id) => unseen(id));
      const counts = measured.map(({ id }) => countsOf(id, id < built ? 2 : 0, id < built ? 1 : 0));
      const { recall, precision, iou, mask_ap } = await bootstrapIntervals({
        measured,
        counts,
        resamples: 300,
        seed: 2,
      });
      expect(recall).toEqual(expected);
      expect(precision).toEqual(expected && { low: 1, high: 1 });
      // No building pixel either, which is no agreement to count.
      expect(iou === null).toBe(expected === null);
      expect(mask_ap).toBeNull();
    },
  );
});
