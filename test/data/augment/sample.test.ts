import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { recompress } from '../../../src/data/augment/recompress.ts';
import { donorsWanted, makeSample, type Sample } from '../../../src/data/augment/sample.ts';
import { fitLetterbox } from '../../../src/data/letterbox.ts';
import type { PreparedImage } from '../../../src/data/prepared.ts';
import { polygonArea } from '../../../src/masks/polygon.ts';
import {
  type Augment,
  EVERYTHING,
  NOTHING,
  SIZE,
  sampleOf,
  seedsTo,
  useTowns,
} from '../../support/augmented-towns.ts';
import { drawTown, type Town } from '../../support/drawn-town.ts';

const towns = useTowns();

describe('makeSample without augmentation', () => {
  it('is the image fitted into the square at the top left, as libvips shrinks it, bit for bit', async () => {
    for (const image of towns.large.filter(({ width }) => width > 1)) {
      const { width, height, scaleX, scaleY } = fitLetterbox(image, SIZE);
      const pixels = await sharp(image.bytes.shard, { failOn: 'error' })
        .removeAlpha()
        .toColourspace('srgb')
        .resize(width, height, { fit: 'fill' })
        .extend({ right: SIZE - width, bottom: SIZE - height, background: '#000' })
        .raw()
        .toBuffer();
      const outlines = image.buildings.map(({ polygons }) =>
        polygons.map((ring) => ring.map((at, i) => at * (i % 2 === 0 ? scaleX : scaleY))),
      );
      for (const augment of [null, NOTHING]) {
        const sample = await makeSample({ image, donors: [], size: SIZE, augment, seed: [1] });
        expect(Buffer.compare(sample.pixels, pixels), image.name).toBe(0);
        expect(sample.outlines).toEqual(outlines);
      }
    }
  });
});

const bitsOf = ({ pixels, outlines }: Sample) => [Buffer.from(pixels).toString('base64'), outlines];

describe('makeSample: same seed, same bits', () => {
  it('whatever is made before or at the same time', async () => {
    const inOrder: unknown[] = [];
    for (const seed of seedsTo(20)) inOrder.push(bitsOf(await sampleOf(EVERYTHING, seed, towns.large)));
    const atOnce = await Promise.all(
      seedsTo(20)
        .reverse()
        .map((seed) => sampleOf(EVERYTHING, seed, towns.large)),
    );
    expect(atOnce.reverse().map(bitsOf)).toEqual(inOrder);
  });
  it('in another thread', async () => {
    const request = {
      ...{ image: towns.large[0]!, donors: towns.large.slice(1, 5), size: SIZE, seed: [5, 'epoch', 3] },
      augment: { ...EVERYTHING, blur: 1, noise: 1, jpeg: 1, copy_paste: 1, mosaic: 1 },
    };
    const worker = new Worker(new URL('./sample-worker.ts', import.meta.url), { workerData: request });
    const [sample] = (await once(worker, 'message')) as [Sample];
    await once(worker, 'exit');
    expect(bitsOf(sample)).toEqual(bitsOf(await makeSample(request)));
  });
  it('other bits in another epoch', async () => {
    const request = {
      image: towns.large[0]!,
      donors: towns.large.slice(1, 5),
      size: SIZE,
      augment: EVERYTHING,
    };
    const epochs = await Promise.all(
      seedsTo(10).map((epoch) => makeSample({ ...request, seed: [5, 'epoch', epoch] })),
    );
    expect(new Set(epochs.map(({ pixels }) => Buffer.from(pixels).toString('base64'))).size).toBe(10);
  });
});

describe('makeSample: each step draws for itself', () => {
  const ALWAYS: Augment = { ...EVERYTHING, blur: 1, noise: 1, jpeg: 1, copy_paste: 1, mosaic: 1 };

  it.each<[string, Partial<Augment>]>([
    ['colour', { brightness: 0, contrast: 0, saturation: 0, hue: 0 }],
    ['blur', { blur: 0 }],
    ['noise', { noise: 0 }],
    ['JPEG', { jpeg: 0 }],
  ])('without %s, all is where it was', async (_, off) => {
    for (const seed of seedsTo(10)) {
      const [all, without] = await Promise.all([
        sampleOf(ALWAYS, seed, towns.large),
        sampleOf({ ...ALWAYS, ...off }, seed, towns.large),
      ]);
      expect(without.outlines).toEqual(all.outlines);
      expect(Buffer.compare(without.pixels, all.pixels)).not.toBe(0);
    }
  });
  it('without copy-paste, what was there before is where it was', async () => {
    let pasted = 0;
    for (const seed of seedsTo(8)) {
      const [all, without] = await Promise.all([
        sampleOf(ALWAYS, seed, towns.large),
        sampleOf({ ...ALWAYS, copy_paste: 0 }, seed, towns.large),
      ]);
      expect(all.outlines.slice(0, without.outlines.length)).toEqual(without.outlines);
      pasted += all.outlines.length - without.outlines.length;
    }
    expect(pasted).toBeGreaterThan(4);
  });
  it('without symmetries, colour, noise and zoom are what they were', async () => {
    const augment = { ...ALWAYS, jpeg: 0 };
    const [all, without] = await Promise.all([
      sampleOf(augment, 1, towns.large),
      sampleOf({ ...augment, symmetries: false }, 1, towns.large),
    ]);
    const sorted = ({ pixels }: Sample) => pixels.toSorted();
    expect(Buffer.compare(sorted(all), sorted(without))).toBe(0);
  });
});

describe('makeSample: the draws of two steps', () => {
  it('have nothing to do with each other: what is noisy is not brighter or darker', async () => {
    const augment: Augment = { ...NOTHING, brightness: 0.5, noise: 0.5, noise_sigma: [0.03, 0.03] };
    const image = await drawTown(towns.folder, {
      ...{ name: 'half.png', width: 32, height: 32, rings: [[0, 0, 16, 0, 16, 32, 0, 32]] },
    });
    const means: Record<'noisy' | 'clean', number[]> = { noisy: [], clean: [] };
    for (const seed of seedsTo(400)) {
      const { pixels } = await makeSample({ image, donors: [], size: 32, augment, seed: ['two', seed] });
      const black = pixels.filter((_, i) => i % 96 >= 60);
      const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
      means[black.some((value) => value > 0) ? 'noisy' : 'clean'].push(mean);
    }
    const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(means.noisy.length).toBeGreaterThan(150);
    expect(means.clean.length).toBeGreaterThan(150);
    // White is 96–255 on one half.
    expect(Math.abs(average(means.noisy) - average(means.clean))).toBeLessThan(8);
  });
});

describe('makeSample: strengths', () => {
  it('compresses with each quality from the worst to the best', async () => {
    const plain = await sampleOf(NOTHING, 0, towns.large);
    const drawn = new Set<number>();
    const qualities = [20, 50, 80];
    const compressed = await Promise.all(qualities.map((quality) => recompress(plain.pixels, SIZE, quality)));
    for (const [i, quality] of qualities.entries()) {
      const { pixels } = await sampleOf(
        { ...NOTHING, jpeg: 1, jpeg_quality: [quality, quality] },
        0,
        towns.large,
      );
      expect(Buffer.compare(pixels, compressed[i]!)).toBe(0);
    }
    const request = { image: towns.large[0]!, donors: [], size: SIZE };
    const [worst, , best] = await Promise.all(
      [70, 71, 72].map((quality) => recompress(plain.pixels, SIZE, quality)),
    );
    for (const seed of seedsTo(30)) {
      const augment: Augment = { ...NOTHING, jpeg: 1, jpeg_quality: [70, 72] };
      const { pixels } = await makeSample({ ...request, augment, seed: [seed] });
      if (Buffer.compare(pixels, worst!) === 0) drawn.add(70);
      if (Buffer.compare(pixels, best!) === 0) drawn.add(72);
    }
    expect(drawn.size).toBe(2);
  });
  it.each([
    ['blur', { blur: 0.3 }],
    ['noise', { noise: 0.3 }],
    ['jpeg', { jpeg: 0.3 }],
    ['mosaic', { mosaic: 0.3 }],
    ['copy_paste', { copy_paste: 0.3 }],
  ])('%s happens as often as its chance says', async (_, change) => {
    const request = { image: towns.large[0]!, donors: towns.large.slice(1, 5), size: SIZE };
    const plain = await makeSample({ ...request, augment: NOTHING, seed: [0] });
    let changed = 0;
    for (const seed of seedsTo(200)) {
      const augment = { ...NOTHING, blur_sigma: [1, 1] as [number, number], ...change };
      const { pixels } = await makeSample({ ...request, augment, seed: ['chance', seed] });
      if (Buffer.compare(pixels, plain.pixels) !== 0) changed++;
    }
    // Four standard deviations.
    expect(Math.abs(changed - 60)).toBeLessThan(26);
  });
});

describe('makeSample at its limits', () => {
  it('makes one of any size, also without buildings', async () => {
    for (const seed of seedsTo(40)) {
      const sample = await sampleOf(EVERYTHING, seed, [towns.empty, ...towns.large, ...towns.small]);
      expect(sample.pixels).toHaveLength(SIZE * SIZE * 3);
      for (const at of sample.outlines.flat(2)) expect(at >= -1e-9 && at <= SIZE + 1e-9).toBe(true);
    }
    const { outlines } = await makeSample({
      ...{
        image: towns.empty,
        donors: [towns.empty, towns.empty, towns.empty, towns.empty],
        size: SIZE,
        augment: EVERYTHING,
        seed: [1],
      },
    });
    expect(outlines).toEqual([]);
  });
  it('makes one of an outline of 20,000 points that reaches over all borders', async () => {
    const star = seedsTo(20_000).flatMap((i) => {
      const radius = i % 2 ? 90 : 40;
      const angle = (2 * Math.PI * i) / 20_000;
      return [48 + radius * Math.cos(angle), 48 + radius * Math.sin(angle)];
    });
    const image = {
      ...towns.large[0]!,
      buildings: [
        { id: 1, polygons: [star], box: [-42, -42, 138, 138] as [number, number, number, number], area: 1 },
      ],
    };
    const donors = [image, image, image, image];
    const sample = await makeSample({ image, donors, size: SIZE, augment: EVERYTHING, seed: [2] });
    for (const at of sample.outlines.flat(2)) expect(at >= 0 && at <= SIZE).toBe(true);
  });
  it('drops what is cut to less than min_visible, and keeps the rest', async () => {
    const house: Town = {
      name: 'one.png',
      width: 100,
      height: 100,
      rings: [[40, 40, 60, 40, 60, 60, 40, 60]],
    };
    const image = await drawTown(towns.folder, house);
    const areasOf = async (minVisible: number) => {
      const augment = { ...NOTHING, scale: [4, 4] as [number, number], min_visible: minVisible };
      const samples = await Promise.all(
        seedsTo(150).map((seed) => makeSample({ image, donors: [], size: 100, augment, seed: [seed] })),
      );
      return samples.map(({ outlines }) => maskArea(outlines));
    };
    // The house has 80 x 80 pixels at zoom 4.
    const all = await areasOf(0);
    const large = await areasOf(0.6);
    expect(all.filter((area) => area > 0 && area < 0.6 * 6400).length).toBeGreaterThan(20);
    expect(large).toEqual(all.map((area) => (area >= 0.6 * 6400 ? area : 0)));
  });
  it('zooms the buildings that it pastes as it zooms the rest', async () => {
    const house: Town = {
      name: 'donor.png',
      width: 96,
      height: 96,
      rings: [[40, 40, 60, 40, 60, 60, 40, 60]],
    };
    const donors = [await drawTown(towns.folder, house)];
    const augment: Augment = { ...NOTHING, scale: [0.5, 0.5], copy_paste: 1, copy_paste_buildings: 1 };
    const { outlines } = await makeSample({ image: towns.empty, donors, size: SIZE, augment, seed: [1] });
    expect(maskArea(outlines)).toBeCloseTo(100, 6);
  });
  it('pastes from a donor that is no part of the mosaic', async () => {
    const house: Town = {
      name: 'fourth.png',
      width: 96,
      height: 96,
      rings: [[40, 40, 47, 40, 47, 53, 40, 53]],
    };
    const fourth = await drawTown(towns.folder, house);
    const augment: Augment = { ...NOTHING, mosaic: 1, copy_paste: 1, copy_paste_buildings: 1 };
    const request = { image: towns.empty, size: SIZE, augment, seed: [1] };
    const none = [towns.empty, towns.empty, towns.empty];
    const samples = await Promise.all(
      [
        [...none, fourth],
        [...none, towns.empty, fourth],
      ].map((donors) => makeSample({ ...request, donors })),
    );
    expect(samples.map(({ outlines }) => outlines.map((rings) => polygonArea(rings[0]!)))).toEqual([
      [91],
      [],
    ]);
  });
  it('pastes nothing on the crowd regions of what it shows, and nothing from those of the donor', async () => {
    const house: Town = {
      name: 'crowd.png',
      width: 96,
      height: 96,
      rings: [[40, 40, 47, 40, 47, 53, 40, 53]],
    };
    const plain = await drawTown(towns.folder, house);
    const crowds = [[[0, 0, 96, 0, 96, 96, 0, 96]]];
    const augment: Augment = { ...NOTHING, copy_paste: 1, copy_paste_buildings: 1 };
    const countOf = async (image: PreparedImage, donor: PreparedImage) =>
      (await makeSample({ image, donors: [donor], size: SIZE, augment, seed: [1] })).outlines.length;
    expect(await countOf(plain, plain)).toBe(2);
    expect(await countOf({ ...plain, crowds }, plain)).toBe(1);
    expect(await countOf(plain, { ...plain, crowds })).toBe(1);
  });
  it('wants as many donors as it may use', async () => {
    expect(donorsWanted(null)).toBe(0);
    expect(donorsWanted(NOTHING)).toBe(0);
    expect(donorsWanted({ ...NOTHING, copy_paste: 0.1 })).toBe(1);
    expect(donorsWanted({ ...NOTHING, mosaic: 0.1 })).toBe(3);
    expect(donorsWanted({ ...NOTHING, copy_paste: 0.1, mosaic: 0.1 })).toBe(4);
    const request = { image: towns.large[0]!, donors: [towns.empty, towns.empty], size: SIZE, seed: [1] };
    await expect(makeSample({ ...request, augment: { ...NOTHING, mosaic: 0.1 } })).rejects.toThrow(
      new RangeError('makeSample: expected 3 donors or more, got 2'),
    );
  });
});

/** Of one outline that is a rectangle; 0 for none. */
function maskArea([rings]: number[][][]): number {
  if (!rings) return 0;
  const xs = rings[0]!.filter((_, i) => i % 2 === 0);
  const ys = rings[0]!.filter((_, i) => i % 2 === 1);
  return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
}
