import { describe, expect, it } from 'vitest';
import {
  type Comparison,
  compareRuns,
  type RunImages,
} from '../../../src/evaluate/compare-runs/compare-runs.ts';
import { evaluateImages } from '../../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import type { Interval } from '../../../src/evaluate/intervals/bootstrap.ts';
import { headlineFigures, INTERVAL_KEYS } from '../../../src/evaluate/intervals/headline-figures.ts';
import { bootstrapIntervals } from '../../../src/evaluate/intervals/intervals.ts';
import { createRandom } from '../../../src/system/random.ts';
import { boxMask, randomImages } from '../random-images.ts';

const OPTIONS = { maxDetections: 50, categories: 1, resamples: 200, seed: 17, changed: 3 };

const shape = { images: 40, instances: 10, size: 70 };
const runOf = (images: Iterable<EvaluatedImage>, scoreThreshold = 0.3): RunImages => ({
  images,
  scoreThreshold,
});

/** The same run a little worse: some detections are gone. */
function thinned(images: readonly EvaluatedImage[], share: number): EvaluatedImage[] {
  const random = createRandom('thinned', share);
  return images.map((image) => ({
    ...image,
    detections: image.detections.filter(() => random.next() >= share),
  }));
}

const widthOf = ({ low, high }: Interval) => high - low;

/** -0 is 0. */
const negated = (value: number | null) => value && -value;

describe('compareRuns', () => {
  it('finds no difference at all between a run and itself', async () => {
    const run = runOf(randomImages(1, shape));
    const { figures, errors, changed, images, buildings } = await compareRuns(run, run, OPTIONS);
    for (const key of INTERVAL_KEYS) {
      expect(figures[key].a, key).toEqual(expect.any(Number));
      expect(figures[key], key).toEqual({
        a: figures[key].a,
        b: figures[key].a,
        difference: 0,
        interval: { low: 0, high: 0 },
        excludes_zero: false,
      });
    }
    expect(Object.values(errors).map(({ difference }) => difference)).toEqual(Array(8).fill(0));
    expect(changed).toEqual({ better: 0, worse: 0, best: [], worst: [] });
    expect(images).toBe(40);
    expect(buildings).toBeGreaterThan(50);
  });

  it('gives the negated differences when the runs change places', async () => {
    const images = randomImages(2, shape);
    const [a, b] = [runOf(images, 0.2), runOf(thinned(images, 0.3), 0.5)];
    const [there, back] = [await compareRuns(a, b, OPTIONS), await compareRuns(b, a, OPTIONS)];
    for (const key of INTERVAL_KEYS) {
      const { interval, difference, excludes_zero } = there.figures[key];
      expect(back.figures[key], key).toEqual({
        a: there.figures[key].b,
        b: there.figures[key].a,
        difference: negated(difference),
        interval: { low: negated(interval!.high), high: negated(interval!.low) },
        excludes_zero,
      });
    }
    expect(back.errors.missed.difference).toBe(negated(there.errors.missed.difference));
    expect(swapped(back.changed)).toEqual(there.changed);
  });

  it("has each run's own figures, at its own threshold", async () => {
    const images = randomImages(3, shape);
    const others = thinned(images, 0.2);
    const { figures, errors } = await compareRuns(runOf(images, 0.2), runOf(others, 0.6), OPTIONS);
    const a = await evaluateImages(images, { ...OPTIONS, scoreThreshold: 0.2 });
    const b = await evaluateImages(others, { ...OPTIONS, scoreThreshold: 0.6 });
    const [ofA, ofB] = [headlineFigures(a)(), headlineFigures(b)()];
    for (const key of INTERVAL_KEYS) {
      const { a: before, b: after, difference } = figures[key];
      expect([before, after, difference], key).toEqual([ofA[key], ofB[key], ofB[key]! - ofA[key]!]);
    }
    expect(errors.missed).toEqual({
      a: a.metrics.errors.missed,
      b: b.metrics.errors.missed,
      difference: b.metrics.errors.missed! - a.metrics.errors.missed!,
    });
  });

  it('draws the same images for both, so that the interval is far narrower than that of independent sets', async () => {
    const images = randomImages(4, { ...shape, images: 80 });
    const others = thinned(images, 0.05);
    const { figures } = await compareRuns(runOf(images), runOf(others), OPTIONS);
    const intervalsOf = async (set: EvaluatedImage[]) =>
      bootstrapIntervals({
        ...(await evaluateImages(set, { ...OPTIONS, scoreThreshold: 0.3 })),
        ...OPTIONS,
      });
    const alone = [await intervalsOf(images), await intervalsOf(others)] as const;
    for (const key of ['mask_ap50', 'recall', 'f1', 'panoptic_quality', 'iou'] as const) {
      const unpaired = Math.hypot(...alone.map((intervals) => widthOf(intervals[key]!)));
      expect(widthOf(figures[key].interval!), key).toBeLessThan(unpaired / 2);
    }
    // What is lost for certain shows, although the runs' own intervals overlap widely.
    expect(figures.recall.excludes_zero).toBe(true);
    expect(figures.recall.interval!.high).toBeLessThan(0);
    expect(alone[1].recall!.high).toBeGreaterThan(alone[0].recall!.low);
  });

  it('names the images that changed most, with their counts', async () => {
    const images = [
      building(1, [true, true], 0),
      building(2, [true, true], 0),
      building(3, [true], 0),
      building(4, [], 0),
    ];
    const others = [
      building(1, [true, true], 0),
      building(2, [false, true], 0),
      building(3, [false], 2),
      building(4, [], 1),
    ];
    const { changed } = await compareRuns(runOf(images), runOf(others), OPTIONS);
    const counts = { merged: 0, split: 0 };
    expect([changed.better, changed.worse, changed.best]).toEqual([0, 3, []]);
    expect(changed.worst).toEqual([
      {
        id: 3,
        name: '3.png',
        change: -1,
        a: { panoptic_quality: 1, hits: 1, false_negatives: 0, false_positives: 0, ...counts },
        b: { panoptic_quality: 0, hits: 0, false_negatives: 1, false_positives: 2, ...counts },
      },
      {
        id: 4,
        name: '4.png',
        change: -1,
        a: { panoptic_quality: null, hits: 0, false_negatives: 0, false_positives: 0, ...counts },
        b: { panoptic_quality: 0, hits: 0, false_negatives: 0, false_positives: 1, ...counts },
      },
      expect.objectContaining({ id: 2, change: 1 / 1.5 - 1 }),
    ]);
    const one = (await compareRuns(runOf(others), runOf(images), { ...OPTIONS, changed: 1 })).changed;
    expect([one.better, one.worse, one.best.map(({ id }) => id), one.worst]).toEqual([3, 0, [3], []]);
  });

  it('has no intervals without resamples, and refuses runs of other images', async () => {
    const images = randomImages(5, { ...shape, images: 6 });
    const { figures } = await compareRuns(runOf(images), runOf(images), { ...OPTIONS, resamples: 0 });
    expect(figures.mask_ap).toMatchObject({ difference: 0, interval: null, excludes_zero: null });
    const fewer = runOf(images.slice(1));
    await expect(compareRuns(runOf(images), fewer, OPTIONS)).rejects.toThrow(
      'the runs have not the same images',
    );
  });
});

describe('compareRuns on its way', () => {
  const images = randomImages(6, { ...shape, images: 6 });

  it('says how far it has come: the images of both, then the draws', async () => {
    const told: [string, number][] = [];
    const onProgress = (...step: [string, number]) => told.push(step);
    await compareRuns(runOf(images), runOf(images), { ...OPTIONS, resamples: 3, onProgress });
    const measured = Array.from({ length: 12 }, (_, i) => ['measured', i + 1]);
    expect(told).toEqual([...measured, ['drawn', 1], ['drawn', 2], ['drawn', 3]]);
  });

  it('stops when it is told to, be it while it draws', async () => {
    const controller = new AbortController();
    const stopped = compareRuns(runOf(images), runOf(images), {
      ...{ ...OPTIONS, resamples: 1e9, signal: controller.signal },
      onProgress: (step) => step === 'drawn' && controller.abort(new Error('stopped')),
    });
    await expect(stopped).rejects.toThrow('stopped');
  });
});

function swapped({ better, worse, best, worst }: Comparison['changed']): Comparison['changed'] {
  const turned = (images: typeof best) =>
    images.map(({ id, name, change, a, b }) => ({ id, name, change: -change, a: b, b: a }));
  return { better: worse, worse: better, best: turned(worst), worst: turned(best) };
}

/** An image with a row of buildings, each found exactly or not at all, and false alarms below. */
function building(id: number, found: boolean[], falseAlarms: number): EvaluatedImage {
  const [height, width] = [40, 80];
  const at = (y: number, x: number): [number, number, number, number] => [y, x, y + 10, x + 10];
  const things = (count: number, y: number) =>
    Array.from({ length: count }, (_, i) => {
      const box = at(y, 5 + 20 * i);
      return { box, mask: boxMask(box, height, width) };
    });
  const buildings = things(found.length, 5);
  return {
    ...{ id, name: `${id}.png`, origin: null, height, width },
    truth: buildings.map((each) => ({ ...each, area: 100, crowd: false })),
    detections: [...buildings.filter((_, i) => found[i]), ...things(falseAlarms, 25)].map((each) => ({
      ...each,
      score: 0.9,
    })),
  };
}
