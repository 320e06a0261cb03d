import { describe, expect, it } from 'vitest';
import { createImageStore } from '../../../src/evaluate/coco-files/image-store.ts';
import { evaluateImages } from '../../../src/evaluate/evaluate-images.ts';
import type { EvaluatedImage, ImageBox } from '../../../src/evaluate/images/detections.ts';
import { randomImages } from '../random-images.ts';

function store(images: readonly EvaluatedImage[]): Iterable<EvaluatedImage> {
  const kept = createImageStore();
  for (const image of images) kept.add(image);
  return kept.images;
}

/** With boxes as in COCO files: see `ImageBox.sides`. */
function withSides<Box extends ImageBox>({ box: [y1, x1, y2, x2], ...rest }: Box) {
  const sides = [y2 - y1, x2 - x1] as const;
  return { category: 0, ...rest, box: [y1, x1, y1 + sides[0], x1 + sides[1]], sides };
}

describe('createImageStore', () => {
  const images = randomImages(3, { images: 20, instances: 12, size: 80, categories: 2 });

  it('gives back what it got, in its order, as often as one likes', () => {
    const kept = store(images);
    const expected = images.map((image) => ({
      ...image,
      truth: image.truth.map(withSides),
      detections: image.detections.map(withSides),
    }));
    expect([...kept]).toEqual(expected);
    expect([...kept]).toEqual(expected);
    expect(images.some(({ truth }) => truth.some(({ crowd }) => crowd))).toBe(true);
    expect(images[0]!.detections.length).toBeGreaterThan(0);
  });

  it('keeps what else an image has, and does not hold the masks that it was given', () => {
    const kept = createImageStore<EvaluatedImage & { source: string }>();
    const image = { ...images[0]!, source: 'shard' };
    kept.add(image);
    const [back] = kept.images;
    expect(back!.source).toBe('shard');
    expect(back!.truth[0]!.mask).not.toBe(image.truth[0]!.mask);
    expect(image.truth.length).toBe(images[0]!.truth.length);
  });

  it('is empty without images, and takes images without anything in them', () => {
    expect([...store([])]).toEqual([]);
    const empty = { ...images[0]!, truth: [], detections: [] };
    expect([...store([empty, images[1]!, empty])].map(({ truth }) => truth.length)).toEqual([
      0,
      images[1]!.truth.length,
      0,
    ]);
  });

  it('leaves the figures as they are', async () => {
    const options = { maxDetections: 100, scoreThreshold: null, categories: 2 };
    const [held, kept] = [
      await evaluateImages(images, options),
      await evaluateImages(store(images), options),
    ];
    expect(kept.metrics).toEqual(held.metrics);
  });
});
