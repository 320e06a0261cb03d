import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { EvaluatedImage } from '../../src/evaluate/images/detections.ts';
import { measureImage } from '../../src/evaluate/matching/measure-image.ts';
import { outcomeOf } from '../../src/evaluate/outcome/outcome-of.ts';
import { type OutcomePicture, outcomePicture } from '../../src/visualize/outcome-overlays.ts';
import { building, detection } from './instances.ts';

type Side = Pick<EvaluatedImage, 'truth' | 'detections'>;

/** The picture of a square image at a score threshold of 0.5. @param shown side of the image's file, pixels */
async function pictureOf({ truth, detections }: Side, size = 8, shown = size): Promise<OutcomePicture> {
  const image = { id: 1, name: 'a.png', origin: null, width: size, height: size, truth, detections };
  const outcome = outcomeOf(image, measureImage(image, { maxDetections: 100 }), 0.5);
  const encoded = await sharp({ create: { width: shown, height: shown, channels: 3, background: '#357' } })
    .png()
    .toBuffer();
  return outcomePicture(image, outcome, { encoded, caption: 'a caption' });
}

/** An overlay as rows of class numbers. */
async function classesIn(
  picture: OutcomePicture,
  name: keyof OutcomePicture['overlays'],
): Promise<number[][]> {
  const { data, info } = await sharp(picture.overlays[name].png)
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(1);
  return Array.from({ length: info.height }, (_, y) => [
    ...data.subarray(y * info.width, (y + 1) * info.width),
  ]);
}

const named = (picture: OutcomePicture, name: keyof OutcomePicture['overlays'], number: number) =>
  picture.overlays[name].classes[number];

describe('outcomePicture', () => {
  it('paints buildings and detections by what became of them', async () => {
    // Found; missed. Right; below the threshold; a false alarm.
    const truth = [building([0, 0, 4, 3], 8), building([6, 0, 8, 2], 8)];
    const detections = [
      detection([0, 0, 4, 3], 0.9, 8),
      detection([6, 0, 8, 2], 0.4, 8),
      detection([5, 5, 8, 8], 0.6, 8),
    ];
    const picture = await pictureOf({ truth, detections });
    expect(await classesIn(picture, 'ground_truth')).toEqual([
      [1, 1, 1, 0, 0, 0, 0, 0],
      [1, 1, 1, 0, 0, 0, 0, 0],
      [1, 1, 1, 0, 0, 0, 0, 0],
      [1, 1, 1, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
      [5, 5, 0, 0, 0, 0, 0, 0],
      [5, 5, 0, 0, 0, 0, 0, 0],
    ]);
    expect([1, 5].map((number) => named(picture, 'ground_truth', number))).toEqual(['found', 'missed']);
    const prediction = await classesIn(picture, 'prediction');
    expect(prediction.map((row) => row[0])).toEqual([11, 11, 11, 11, 0, 0, 0, 0]);
    expect(prediction.map((row) => row[7])).toEqual([0, 0, 0, 0, 0, 15, 15, 15]);
    expect([11, 15].map((number) => named(picture, 'prediction', number))).toEqual(['right', 'false alarm']);
  });

  it('leaves a line of one pixel between instances that touch, and shows what is merged and split', async () => {
    // Two houses side by side under one detection; a third, below, under two.
    const truth = [building([0, 0, 4, 4], 8), building([0, 4, 4, 8], 8), building([5, 0, 8, 8], 8)];
    const detections = [
      detection([0, 0, 4, 8], 0.9, 8),
      detection([5, 0, 8, 4], 0.8, 8),
      detection([5, 4, 8, 8], 0.7, 8),
    ];
    const picture = await pictureOf({ truth, detections });
    const buildings = await classesIn(picture, 'ground_truth');
    expect(buildings[0]).toEqual([2, 2, 2, 0, 2, 2, 2, 2]);
    expect(buildings[3]).toEqual([2, 2, 2, 0, 2, 2, 2, 2]);
    expect(buildings[6]).toEqual([3, 3, 3, 3, 3, 3, 3, 3]);
    expect([2, 3].map((number) => named(picture, 'ground_truth', number))).toEqual(['merged', 'split']);
    const found = await classesIn(picture, 'prediction');
    expect(found[2]).toEqual([12, 12, 12, 12, 12, 12, 12, 12]);
    expect(found[6]).toEqual([13, 13, 13, 0, 13, 13, 13, 13]);
    expect([12, 13].map((number) => named(picture, 'prediction', number))).toEqual([
      'merges several',
      'piece of one',
    ]);
  });

  it('shows the better of two detections that overlap, and crowd regions below buildings', async () => {
    const crowd = { ...building([0, 0, 8, 8], 8), crowd: true };
    const truth = [crowd, building([0, 0, 2, 8], 8)];
    const detections = [detection([0, 0, 4, 8], 0.6, 8), detection([0, 0, 2, 8], 0.9, 8)];
    const picture = await pictureOf({ truth, detections });
    const buildings = await classesIn(picture, 'ground_truth');
    // Row 1 is the seam between the building and the region around it.
    expect(buildings.map((row) => row[0])).toEqual([1, 0, 7, 7, 7, 7, 7, 7]);
    expect(named(picture, 'ground_truth', 7)).toBe('crowd region');
    const [right, seam, below] = (await classesIn(picture, 'prediction')).map((row) => row[0]);
    expect([right, seam]).toEqual([11, 0]);
    expect(below).not.toBe(11);
    expect(below).toBeGreaterThan(11);
  });

  it('shows large images smaller, the classes of their overlays unmixed', async () => {
    const truth = [building([0, 0, 1000, 2000], 2048), building([0, 1000, 1000, 2000], 2048)];
    const picture = await pictureOf({ truth, detections: [] }, 2048);
    expect(await sharp(picture.jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 1024, height: 1024 });
    const rows = await classesIn(picture, 'ground_truth');
    expect(new Set(rows.flat())).toEqual(new Set([0, 5]));
    expect(rows.length).toBe(1024);
    expect(rows[499]![499]).toBe(5);
    expect(rows[500]![499]).toBe(0);
  });

  it('takes no more memory for images of a whole town', async () => {
    // A number for each of its pixels would take 14 GB.
    const truth = [building([0, 0, 30_000, 30_000], 60_000)];
    const picture = await pictureOf({ truth, detections: [] }, 60_000, 64);
    const rows = await classesIn(picture, 'ground_truth');
    const counts = rows.map((row) => row.filter((number) => number === 5).length);
    expect(counts).toEqual([...Array(32).fill(32), ...Array(32).fill(0)]);
  });

  it('gives each class a number in one overlay only, between 1 and 255', async () => {
    const { overlays } = await pictureOf({ truth: [], detections: [] });
    const numbers = Object.values(overlays).flatMap(({ classes }) => Object.keys(classes).map(Number));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.every((number) => number >= 1 && number <= 255)).toBe(true);
  });
});
