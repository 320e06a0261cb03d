import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CocoSet } from '../../scripts/bench/evaluate/coco-set.ts';
import { compareSet, type Reference } from '../../scripts/bench/evaluate/compare-set.ts';
import type { EvaluatedImage } from '../../src/evaluate/detections.ts';
import { evaluateDetections } from '../../src/evaluate/evaluate-detections.ts';
import { boxMask, randomImages } from './random-images.ts';

const golden: { sets: (CocoSet & { expected: Reference })[] } = JSON.parse(
  readFileSync(new URL('../golden/coco.json', import.meta.url), 'utf8'),
);
const options = { maxDetections: 100, scoreThreshold: 0.5 };

function perfectImage(id: number): EvaluatedImage {
  const box: [number, number, number, number] = [4, 4, 20, 24];
  const mask = boxMask(box, 40, 40);
  return {
    id,
    height: 40,
    width: 40,
    truth: [{ box, area: 300, crowd: false, mask }],
    detections: [{ box, score: 0.9, mask }],
  };
}

describe('evaluateDetections', () => {
  it('is 1 for perfect detections', () => {
    const precision = { ap: 1, ap50: 1, ap75: 1, ap_small: 1, ap_medium: null, ap_large: null };
    const recall = { ar: 1, ar_1: 1, ar_10: 1, ar_small: 1, ar_medium: null, ar_large: null };
    const found = { ...precision, ...recall };
    expect(evaluateDetections([perfectImage(1), perfectImage(2)], options)).toEqual({
      mask: found,
      boundary: found,
      box: found,
      iou: 1,
      dice: 1,
      pixel_iou: 1,
      pixel_dice: 1,
      images: 2,
      buildings: 2,
      detections: 2,
    });
  });

  it('is null where nothing is defined: no images at all', () => {
    const precision = { ap: null, ap50: null, ap75: null, ap_small: null, ap_medium: null, ap_large: null };
    const recall = { ar: null, ar_1: null, ar_10: null, ar_small: null, ar_medium: null, ar_large: null };
    const none = { ...precision, ...recall };
    expect(evaluateDetections([], options)).toEqual({
      mask: none,
      boundary: none,
      box: none,
      iou: null,
      dice: null,
      pixel_iou: null,
      pixel_dice: null,
      images: 0,
      buildings: 0,
      detections: 0,
    });
  });

  it('counts crowds not as buildings, and weak detections not as detections; mAP takes the weak ones', () => {
    const image = perfectImage(1);
    const mask = boxMask([30, 30, 36, 36], 40, 40);
    image.truth.push({ box: [30, 30, 36, 36], area: 36, crowd: true, mask });
    image.detections[0]!.score = 0.4;
    expect(evaluateDetections([image], options)).toMatchObject({
      buildings: 1,
      detections: 0,
      iou: 0,
      mask: { ap: expect.closeTo(1, 12) },
    });
  });

  it('keeps the best maxDetections of an image', () => {
    const image = perfectImage(1);
    const stray: EvaluatedImage['detections'][number] = {
      ...image.detections[0]!,
      box: [30, 30, 36, 36],
      mask: boxMask([30, 30, 36, 36], 40, 40),
      score: 0.95,
    };
    image.detections.push(stray);
    expect(evaluateDetections([image], options).mask.ap).toBeCloseTo(0.5, 12);
    expect(evaluateDetections([image], { ...options, maxDetections: 1 }).mask.ap).toBe(0);
  });

  it('takes images one at a time', () => {
    const images = randomImages(5, { images: 6, instances: 10, size: 80 });
    let held = 0;
    function* oneByOne() {
      for (const image of images) {
        held++;
        yield image;
      }
    }
    expect(evaluateDetections(oneByOne(), options)).toEqual(evaluateDetections(images, options));
    expect(held).toBe(6);
  });

  it('does not depend on the order of the images', () => {
    const images = randomImages(3, { images: 8, instances: 10, size: 80 });
    expect(evaluateDetections(images.toReversed(), options)).toEqual(evaluateDetections(images, options));
  });

  it('leaves its input as it is', () => {
    const images = randomImages(4, { images: 4, instances: 10, size: 80 });
    const copy = structuredClone(images);
    evaluateDetections(images, options);
    expect(images).toEqual(copy);
  });

  it('refuses an id given twice, a score that is no number, and a mask of another size', () => {
    const image = perfectImage(5);
    expect(() => evaluateDetections([image, image], options)).toThrow('image id 5 is given twice');
    const wrongScore = { ...image, detections: [{ ...image.detections[0]!, score: Number.NaN }] };
    expect(() => evaluateDetections([wrongScore], options)).toThrow(
      'image 5 has a detection with the score NaN',
    );
    expect(() => evaluateDetections([{ ...image, width: 41 }], options)).toThrow(
      'image 5 has 40x41 pixels (height x width), but a mask 40x40',
    );
  });

  it.each(golden.sets.map((set, i) => [i, set] as const))(
    "has pycocotools' and faster-coco-eval's figures and arrays to 1e-6: set %i",
    (_, { expected, ...set }) => {
      const differences = compareSet(set, expected);
      expect(differences.size).toBeGreaterThanOrEqual(3 * 12 + 4);
      for (const [name, difference] of differences) expect(difference, name).toBeLessThan(1e-6);
    },
  );

  it('takes seconds for tens of thousands of buildings', { timeout: 60_000 }, () => {
    const few = randomImages(1, { images: 50, instances: 100, size: 128 });
    const images = Array.from({ length: 500 }, (_, i) => ({ ...few[i % few.length]!, id: i + 1 }));
    const start = performance.now();
    const { buildings } = evaluateDetections(images, { maxDetections: 500, scoreThreshold: 0.5 });
    expect(buildings).toBeGreaterThan(15_000);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
