import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EvaluatedImage } from '../../src/evaluate/detections.ts';
import { evaluateDetections } from '../../src/evaluate/evaluate-detections.ts';
import { boxMask, type CocoSet, fromCocoSet, randomImages } from './coco-sets.ts';
import { largestDifference } from './largest-difference.ts';

const golden: { sets: (CocoSet & { expected: object })[] } = JSON.parse(
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
    const found = { ap: 1, ap50: 1, ap75: 1, ap_small: 1, ap_medium: null, ap_large: null, ar: 1 };
    expect(evaluateDetections([perfectImage(1), perfectImage(2)], options)).toEqual({
      mask: found,
      box: found,
      iou: 1,
      dice: 1,
      images: 2,
      buildings: 2,
      detections: 2,
    });
  });

  it('is null where nothing is defined: no images at all', () => {
    const none = {
      ap: null,
      ap50: null,
      ap75: null,
      ap_small: null,
      ap_medium: null,
      ap_large: null,
      ar: null,
    };
    expect(evaluateDetections([], options)).toEqual({
      mask: none,
      box: none,
      iou: null,
      dice: null,
      images: 0,
      buildings: 0,
      detections: 0,
    });
  });

  it('counts crowds not as buildings, and weak detections not as detections; mAP takes the weak ones', () => {
    const image = perfectImage(1);
    image.truth.push({ ...image.truth[0]!, crowd: true });
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
    "has pycocotools' figures to 1e-6: set %i",
    (_, set) => {
      const metrics = evaluateDetections(fromCocoSet(set), {
        maxDetections: set.max_detections,
        scoreThreshold: set.score_threshold,
      });
      expect(largestDifference(metrics, set.expected).difference).toBeLessThan(1e-6);
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
