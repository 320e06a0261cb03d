import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CocoSet } from '../../scripts/bench/evaluate/coco-set.ts';
import { compareSet, type Reference } from '../../scripts/bench/evaluate/compare-set.ts';
import { evaluateImages } from '../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../../src/evaluate/images/detections.ts';
import type { ImageOutcome } from '../../src/evaluate/outcome/outcome.ts';
import { chooseThreshold } from '../../src/evaluate/threshold/threshold.ts';
import { building, detection } from '../visualize/instances.ts';
import { boxMask, randomImages } from './random-images.ts';

type Box = [number, number, number, number];

const golden: { sets: (CocoSet & { expected: Reference })[] } = JSON.parse(
  readFileSync(new URL('../golden/coco.json', import.meta.url), 'utf8'),
);
const options = { maxDetections: 100, scoreThreshold: 0.5 };

function perfectImage(id: number): EvaluatedImage {
  const box: Box = [4, 4, 20, 24];
  const mask = boxMask(box, 40, 40);
  return {
    ...{ id, name: `${id}.png`, origin: 'hub', height: 40, width: 40 },
    truth: [{ box, area: 300, crowd: false, mask }],
    detections: [{ box, score: 0.9, mask }],
  };
}

/** All twelve, where all buildings are small. */
function cocoFigures(ap: number | null) {
  const small = { ap, ap50: ap, ap75: ap, ap_small: ap, ar: ap, ar_1: ap, ar_10: ap, ar_small: ap };
  return { ...small, ap_medium: null, ap_large: null, ar_medium: null, ar_large: null };
}

const noBuildings = { buildings: 0, recall: null, merged_rate: null, split_rate: null };
const noImages = {
  ...{ ...noBuildings, images: 0, detections: 0 },
  ...{ mask_ap: null, mask_ap50: null, precision: null, f1: null },
};
const allFound = { buildings: 2, recall: 1, merged_rate: 0, split_rate: 0 };
const perfectImages = {
  ...{ ...allFound, images: 2, detections: 2 },
  ...{ mask_ap: 1, mask_ap50: 1, precision: 1, f1: 1 },
};

describe('evaluateImages: the metrics', () => {
  it('are perfect for perfect detections', async () => {
    const { metrics } = await evaluateImages([perfectImage(1), perfectImage(2)], options);
    expect(metrics).toEqual({
      mask: cocoFigures(1),
      boundary: cocoFigures(1),
      box: cocoFigures(1),
      ...{ iou: 1, dice: 1, pixel_iou: 1, pixel_dice: 1 },
      score_threshold: 0.5,
      max_detections: 100,
      ...{ precision: 1, recall: 1, f1: 1, panoptic_quality: 1 },
      merged: { buildings: 0, detections: 0, rate: 0 },
      split: { buildings: 0, detections: 0, rate: 0 },
      errors: {
        ...{ class: 0, localisation: 0, both: 0, duplicate: 0, background: 0, missed: 0 },
        ...{ false_positive: 0, false_negative: 0 },
      },
      calibration_error: expect.closeTo(0.1, 12),
      by_size: { small: allFound, medium: noBuildings, large: noBuildings },
      by_gap: { touching: noBuildings, near: noBuildings, apart: allFound },
      // 304 pixels with the corners cut off, less than a quarter of 1600.
      by_density: { empty: noImages, sparse: noImages, medium: perfectImages, dense: noImages },
      by_source: { hub: perfectImages },
      ...{ images: 2, buildings: 2, detections: 2 },
      intervals: null,
    });
  });

  it('are null where nothing is defined: no images at all', async () => {
    const { metrics, curves, measured, counts } = await evaluateImages([], { ...options, resamples: 10 });
    const none = { buildings: 0, detections: 0, rate: null };
    expect(metrics).toMatchObject({
      ...{ mask: cocoFigures(null), boundary: cocoFigures(null), box: cocoFigures(null) },
      ...{ iou: null, dice: null, pixel_iou: null, pixel_dice: null },
      ...{ precision: null, recall: null, f1: null, panoptic_quality: null, calibration_error: null },
      ...{ merged: none, split: none },
      by_size: { small: noBuildings, medium: noBuildings, large: noBuildings },
      by_density: { empty: noImages, sparse: noImages, medium: noImages, dense: noImages },
      by_source: {},
      ...{ images: 0, buildings: 0, detections: 0 },
      intervals: { mask_ap: null, f1: null },
    });
    expect(new Set(Object.values(metrics.errors))).toEqual(new Set([null]));
    const noPoints = [
      { iou: 0.5, points: [] },
      { iou: 0.75, points: [] },
    ];
    expect(curves).toEqual({ precision_recall: noPoints, thresholds: [], calibration: [] });
    expect([measured, counts]).toEqual([[], []]);
  });

  it('come with the curves', async () => {
    const { curves } = await evaluateImages([perfectImage(1)], options);
    expect(curves.precision_recall.map(({ points }) => points.length)).toEqual([101, 101]);
    expect(curves.thresholds).toEqual([{ score: 0.9, precision: 1, recall: 1, f1: 1 }]);
    expect(curves.calibration).toEqual([{ low: 0.9, high: 1, detections: 1, score: 0.9, precision: 1 }]);
  });

  it('tell merged and split buildings, and the detections to blame', async () => {
    const size = 100;
    const [one, two, three] = [0, 22, 44].map((x): Box => [0, x, 20, x + 20]);
    const pieces = [0, 15].map((y): Box => [60 + y, 0, 75 + y, 40]);
    const { metrics } = await evaluateImages(
      [
        {
          ...{ id: 1, name: 'a.png', origin: null, width: size, height: size },
          truth: [one!, two!, three!, [60, 0, 90, 40] as Box].map((box) => building(box, size)),
          detections: [[0, 0, 20, 64] as Box, ...pieces].map((box) => detection(box, 0.9, size)),
        },
      ],
      options,
    );
    expect(metrics.merged).toEqual({ buildings: 3, detections: 1, rate: 3 / 4 });
    expect(metrics.split).toEqual({ buildings: 1, detections: 2, rate: 1 / 4 });
  });

  it('count crowds not as buildings, and weak detections not as detections; mAP takes the weak ones', async () => {
    const image = perfectImage(1);
    const mask = boxMask([30, 30, 36, 36], 40, 40);
    image.truth.push({ box: [30, 30, 36, 36], area: 36, crowd: true, mask });
    image.detections[0]!.score = 0.4;
    const { metrics, curves } = await evaluateImages([image], options);
    expect(metrics).toMatchObject({
      ...{ buildings: 1, detections: 0, iou: 0, precision: null, recall: 0, f1: 0 },
      mask: { ap: expect.closeTo(1, 12) },
    });
    expect(curves.thresholds).toEqual([{ score: 0.4, precision: 1, recall: 1, f1: 1 }]);
  });

  it('see the best maxDetections of an image, and of each category', async () => {
    const image = perfectImage(1);
    const stray = { box: [30, 30, 36, 36] as Box, score: 0.95 };
    image.detections.push({ ...stray, mask: boxMask(stray.box, 40, 40) });
    const all = (await evaluateImages([image], options)).metrics;
    expect(all).toMatchObject({ mask: { ap: expect.closeTo(0.5, 12) }, detections: 2, precision: 0.5 });
    const limited = { ...options, maxDetections: 1 };
    const best = (await evaluateImages([image], limited)).metrics;
    expect(best).toMatchObject({ mask: { ap: 0 }, detections: 1, precision: 0, iou: 0 });
    image.detections[1]!.category = 1;
    const each = (await evaluateImages([image], { ...limited, categories: 2 })).metrics;
    expect(each).toMatchObject({ mask: { ap: expect.closeTo(1, 12) }, detections: 2, precision: 0.5 });
  });

  it('have intervals when they are asked for, around the figures, the same for the same seed', async () => {
    const images = randomImages(9, { images: 20, instances: 10, size: 80 });
    const evaluate = async (seed: number) =>
      (await evaluateImages(images, { ...options, resamples: 40, seed })).metrics;
    const { mask, intervals } = await evaluate(1);
    expect(intervals!.mask_ap!.low).toBeLessThan(mask.ap!);
    expect(intervals!.mask_ap!.high).toBeGreaterThan(mask.ap!);
    expect((await evaluate(1)).intervals).toEqual(intervals);
    expect((await evaluate(2)).intervals).not.toEqual(intervals);
  });

  it.each(golden.sets.map((set, i) => [i, set] as const))(
    "have pycocotools' and faster-coco-eval's figures and arrays to 1e-6: set %i",
    async (_, { expected, ...set }) => {
      const differences = await compareSet(set, expected);
      expect(differences.size).toBeGreaterThanOrEqual(3 * 12 + 4);
      for (const [name, difference] of differences) expect(difference, name).toBeLessThan(1e-6);
    },
  );
});

describe('evaluateImages: the threshold', () => {
  const images = randomImages(12, { images: 12, instances: 12, size: 90, categories: 2 });
  const common = { maxDetections: 100, categories: 2 };

  it('is chosen by F1 when none is given, and the figures are those at the chosen one', async () => {
    const chosen = await evaluateImages(images, { ...common, scoreThreshold: null });
    const best = chooseThreshold(chosen.measured)!;
    const { score_threshold, precision, recall, f1 } = chosen.metrics;
    expect({ score: score_threshold, precision, recall, f1 }).toEqual(best);
    const given = await evaluateImages(images, { ...common, scoreThreshold: best.score });
    expect([chosen, given]).toEqual([
      { ...given, chosen: best },
      { ...chosen, chosen: null },
    ]);
  });

  it('gives the precision and recall of the outcomes, wherever it lies', async () => {
    const { curves } = await evaluateImages(images, { ...common, scoreThreshold: null });
    expect(curves.thresholds.length).toBeGreaterThan(5);
    for (const { score, precision, recall } of curves.thresholds) {
      const outcomes: ImageOutcome[] = [];
      const onOutcome = (_: EvaluatedImage, outcome: ImageOutcome) => outcomes.push(outcome);
      const { metrics } = await evaluateImages(images, { ...common, scoreThreshold: score, onOutcome });
      const detections = outcomes
        .flatMap((outcome) => outcome.detections)
        .filter(({ kind }) => kind !== 'crowd');
      const buildings = outcomes.flatMap((outcome) => outcome.buildings);
      const hits = buildings.filter(({ kind }) => kind === 'hit').length;
      expect(detections.every((detection) => detection.score >= score)).toBe(true);
      expect([hits / detections.length, hits / buildings.length]).toEqual([precision, recall]);
      expect([metrics.precision, metrics.recall]).toEqual([precision, recall]);
    }
  });

  it('is 0.5, and not chosen, where no detection is right', async () => {
    const blind = { ...perfectImage(1), detections: [] };
    for (const images of [[blind], []]) {
      const { metrics, chosen } = await evaluateImages(images, { ...options, scoreThreshold: null });
      expect([metrics.score_threshold, chosen]).toEqual([0.5, null]);
    }
  });
});

describe('evaluateImages: the images', () => {
  const images = randomImages(5, { images: 6, instances: 10, size: 80 });

  it('are held one at a time; twice where the threshold is chosen', async () => {
    let seen = 0;
    const reading = {
      *[Symbol.iterator]() {
        for (const image of images) {
          seen++;
          yield image;
        }
      },
    };
    expect(await evaluateImages(reading, options)).toEqual(await evaluateImages(images, options));
    expect(seen).toBe(6);
    const chosen = { ...options, scoreThreshold: null };
    expect(await evaluateImages(reading, chosen)).toEqual(await evaluateImages(images, chosen));
    expect(seen).toBe(6 + 12);
  });

  it('may be made on the way', async () => {
    const making = async function* () {
      for (const image of images) {
        await nextTurn();
        yield image;
      }
    };
    expect(await evaluateImages(making(), options)).toEqual(await evaluateImages(images, options));
    const again = { [Symbol.asyncIterator]: making };
    const chosen = { ...options, scoreThreshold: null };
    expect(await evaluateImages(again, chosen)).toEqual(await evaluateImages(images, chosen));
  });

  it('wait for who hears of them', async () => {
    const order: string[] = [];
    const onOutcome = async (image: EvaluatedImage) => {
      order.push(`begin ${image.id}`);
      await nextTurn();
      order.push(`end ${image.id}`);
    };
    await evaluateImages(images, { ...options, onOutcome });
    expect(order).toEqual(images.flatMap(({ id }) => [`begin ${id}`, `end ${id}`]));
  });

  it('are handed on with their outcomes, in the order given', async () => {
    for (const scoreThreshold of [0.3, null]) {
      const heard: [EvaluatedImage, ImageOutcome][] = [];
      const onOutcome = (...pair: [EvaluatedImage, ImageOutcome]) => heard.push(pair);
      await evaluateImages(images, { ...options, scoreThreshold, onOutcome });
      expect(heard.map(([image]) => image)).toEqual(images);
      expect(heard.map(([, { id }]) => id)).toEqual(images.map(({ id }) => id));
    }
  });

  it('may come in any order; what is kept of them has the order of their ids', async () => {
    const { measured, counts, ...rest } = await evaluateImages(images, options);
    const ids = images.map(({ id }) => id).sort((a, b) => a - b);
    expect(measured.map(({ id }) => id)).toEqual(ids);
    expect(counts.map(({ id }) => id)).toEqual(ids);
    expect(await evaluateImages(images.toReversed(), options)).toEqual({ measured, counts, ...rest });
  });

  it('are left as they are', async () => {
    const copy = structuredClone(images);
    await evaluateImages(images, options);
    expect(images).toEqual(copy);
  });

  it('are refused with an id given twice, or when they are others the second time', async () => {
    const image = perfectImage(5);
    await expect(evaluateImages([image, image], options)).rejects.toThrow('image id 5 is given twice');
    const chosen = { ...options, scoreThreshold: null };
    const once = [perfectImage(1), perfectImage(2)].values();
    await expect(evaluateImages(once, chosen)).rejects.toThrow('they were others the second time');
    let passes = 1;
    const growing = {
      *[Symbol.iterator]() {
        for (let id = 0; id < passes; id++) yield perfectImage(id);
        passes++;
      },
    };
    await expect(evaluateImages(growing, chosen)).rejects.toThrow('they were others the second time');
    let id = 1;
    const others = {
      *[Symbol.iterator]() {
        yield perfectImage(id++);
      },
    };
    await expect(evaluateImages(others, chosen)).rejects.toThrow('they were others the second time');
  });

  it('take ten times as long for ten times as many images', { timeout: 60_000 }, async () => {
    const few = randomImages(1, { images: 50, instances: 100, size: 128 });
    const many = Array.from({ length: 500 }, (_, i) => ({ ...few[i % few.length]!, id: i + 1 }));
    const secondsFor = async (images: EvaluatedImage[]) => {
      const start = performance.now();
      await evaluateImages(images, { maxDetections: 500, scoreThreshold: 0.5 });
      return performance.now() - start;
    };
    await secondsFor(few);
    const times = [await secondsFor(few), await secondsFor(few)];
    // Each image with each other would take a hundred times as long.
    expect((await secondsFor(many)) / Math.min(...times)).toBeLessThan(40);
  });
});

describe('evaluateImages on its way', () => {
  const images = randomImages(5, { images: 6, instances: 10, size: 80 });
  const endless = {
    *[Symbol.iterator]() {
      for (let id = 0; ; id++) yield { ...images[id % images.length]!, id };
    },
  };

  it('says how far it has come', async () => {
    const told = new Map<string, number[]>();
    const onProgress = (step: string, done: number) => told.set(step, [...(told.get(step) ?? []), done]);
    await evaluateImages(images, { ...options, scoreThreshold: null, resamples: 4, onProgress });
    const each = [1, 2, 3, 4, 5, 6];
    expect([...told]).toEqual([
      ['measured', each],
      ['judged', each],
      ['drawn', [1, 2, 3, 4]],
    ]);
  });

  it('lets the rest of the process have its turn, and stops when it is told to', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('stopped')), 100);
    const stopped = evaluateImages(endless, { ...options, signal: controller.signal });
    await expect(stopped).rejects.toThrow('stopped');
  });

  it('stops while it counts, and while it draws', async () => {
    for (const at of ['judged', 'drawn']) {
      const controller = new AbortController();
      let beyond = 0;
      const onProgress = (step: string) => {
        if (step !== at) return;
        controller.abort(new Error('stopped'));
        // Its turn comes within some 50 ms.
        const end = performance.now() + 10;
        while (performance.now() < end);
        beyond++;
      };
      const means = { ...options, scoreThreshold: null, onProgress, signal: controller.signal };
      const many = Array.from({ length: 100 }, (_, id) => ({ ...images[id % images.length]!, id }));
      await expect(evaluateImages(many, { ...means, resamples: 1e6 })).rejects.toThrow('stopped');
      expect(beyond, at).toBeLessThan(20);
    }
  });
});
