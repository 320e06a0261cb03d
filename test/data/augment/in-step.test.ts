/** Towns of white houses on black are augmented: what is white must be what the outlines say. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { makeSample, type Sample } from '../../../src/data/augment/sample.ts';
import type { PreparedImage } from '../../../src/data/prepared.ts';
import { polygonsBox } from '../../../src/masks/polygon.ts';
import { rasterizeCoverage } from '../../../src/masks/rasterize.ts';
import {
  type Augment,
  EVERYTHING,
  GEOMETRY,
  NOTHING,
  SIZE,
  sampleOf,
  seedsTo,
  useTowns,
} from '../../support/augmented-towns.ts';
import { drawTown } from '../../support/drawn-town.ts';
import { storedFile } from '../../support/stored-file.ts';

const towns = useTowns();

/** How much of each pixel the outlines cover. */
function coverageOf(outlines: readonly number[][][]): Float32Array {
  const coverage = new Float32Array(SIZE * SIZE);
  for (const rings of outlines) {
    rasterizeCoverage(rings, [0, 0, SIZE, SIZE], SIZE).forEach((share, i) => {
      coverage[i] = Math.max(coverage[i]!, share);
    });
  }
  return coverage;
}

/** How much of each pixel is white, whatever became of white and black: the brightest and the darkest of the picture. */
function whitenessOf({ pixels }: Sample): Float32Array {
  const luma = Float32Array.from({ length: SIZE * SIZE }, (_, i) => {
    return 0.299 * pixels[3 * i]! + 0.587 * pixels[3 * i + 1]! + 0.114 * pixels[3 * i + 2]!;
  });
  const sorted = luma.toSorted();
  const [black, white] = [sorted[50]!, sorted.at(-50)!];
  return luma.map((value) => (value - black) / (white - black));
}

/** Whether any pixel within 1 of this one, diagonally, too, is on this side of one half. */
function isNear(shares: Float32Array, i: number, isCovered: boolean): boolean {
  const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
  for (let v = Math.max(0, y - 1); v <= Math.min(SIZE - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(SIZE - 1, x + 1); u++) {
      if (shares[v * SIZE + u]! >= 0.5 === isCovered) return true;
    }
  }
  return false;
}

/** So much of white or of black is clear. Less of a pixel may be what a cut left of a house that is dropped therefore. */
const CLEARLY = 0.9;

/** IoU of pixels and outlines, and how many pixels differ clearly that are further than 1 from where the outlines end. */
function agreement(coverage: Float32Array, whiteness: Float32Array): { iou: number; far: number } {
  let [both, either, far] = [0, 0, 0];
  coverage.forEach((share, i) => {
    const isWhite = whiteness[i]! >= 0.5;
    if (share >= 0.5 && isWhite) both++;
    if (share >= 0.5 || isWhite) either++;
    const isClear = Math.abs(whiteness[i]! - 0.5) >= CLEARLY - 0.5;
    if (isClear && !isNear(coverage, i, isWhite)) far++;
  });
  return { iou: both / either, far };
}

const SHIFTS = [
  [0, 0],
  [0.25, 0],
  [-0.25, 0],
  [0, 0.25],
  [0, -0.25],
] as const;

/** Squared difference between outlines and pixels, if these were moved by each of the shifts. */
function errorsWhenShifted(coverage: Float32Array, whiteness: Float32Array): number[] {
  return SHIFTS.map(([right, down]) => {
    const [stepX, stepY] = [right < 0 ? 1 : -1, (down < 0 ? 1 : -1) * SIZE];
    let error = 0;
    for (let y = 2; y < SIZE - 2; y++) {
      for (let x = 2; x < SIZE - 2; x++) {
        const i = y * SIZE + x;
        const moved =
          whiteness[i]! +
          Math.abs(right) * (whiteness[i + stepX]! - whiteness[i]!) +
          Math.abs(down) * (whiteness[i + stepY]! - whiteness[i]!);
        error += (moved - coverage[i]!) ** 2;
      }
    }
    return error;
  });
}

describe('makeSample: pixels and outlines stay in step', () => {
  /** Mean over seeds; samples that are nearly all of one colour tell nothing. */
  async function measure(augment: Augment, images: readonly PreparedImage[], count: number) {
    const errors = SHIFTS.map(() => 0);
    let [seen, iou, far] = [0, 0, 0];
    for (const seed of seedsTo(count)) {
      const sample = await sampleOf(augment, seed, images);
      const coverage = coverageOf(sample.outlines);
      const area = coverage.reduce((sum, share) => sum + share, 0);
      if (area < 100 || area > SIZE * SIZE - 100) continue;
      const whiteness = whitenessOf(sample);
      const result = agreement(coverage, whiteness);
      seen++;
      iou += result.iou;
      far += result.far;
      errorsWhenShifted(coverage, whiteness).forEach((error, i) => {
        errors[i]! += error;
      });
    }
    return { seen: seen / count, iou: iou / seen, far, errors };
  }

  it.each<[string, Partial<Augment>, number]>([
    ['fitted into the square', {}, 9],
    ['symmetries', { symmetries: true }, 60],
    ['zoom in', { scale: [1, 2] }, 100],
    ['zoom out', { scale: [0.5, 1] }, 100],
    ['mosaic', { mosaic: 1, scale: [0.7, 2] }, 100],
    ['copy-paste', { copy_paste: 1, copy_paste_buildings: 6 }, 100],
    ['all of geometry', GEOMETRY, 100],
    ['everything', EVERYTHING, 100],
  ])('%s', async (_, change, count) => {
    const { seen, iou, far, errors } = await measure({ ...NOTHING, ...change }, towns.large, count);
    expect(seen).toBeGreaterThan(0.6);
    expect(far).toBe(0);
    expect(iou).toBeGreaterThan(0.96);
    for (const shifted of errors.slice(1)) expect(shifted).toBeGreaterThan(1.3 * errors[0]!);
  });
  it('enlarged images, too: no shift by a quarter of a pixel would fit better', async () => {
    const { iou, errors } = await measure({ ...NOTHING, scale: [1, 3] }, towns.small, 150);
    expect(iou).toBeGreaterThan(0.9);
    for (const shifted of errors.slice(1)) expect(shifted).toBeGreaterThan(1.02 * errors[0]!);
  });
  it('building by building: each outline lies on the one that it belongs to, in the order of the image', async () => {
    const [SIDE, STEP] = [40, 15];
    const places = seedsTo(16).map((i) => ({ left: (i % 4) * SIDE, top: Math.floor(i / 4) * SIDE }));
    const rings = places.map(({ left: x, top: y }) => [x, y, x + SIDE, y, x + SIDE, y + SIDE, x, y + SIDE]);
    const town = await drawTown(towns.folder, { name: 'reds.png', width: 160, height: 160, rings });
    const houses = places.map((place, i) => {
      const background = { r: STEP * (i + 1), g: 0, b: 0 };
      return { ...place, input: { create: { width: SIDE, height: SIDE, channels: 3 as const, background } } };
    });
    await sharp({ create: { width: 160, height: 160, channels: 3, background: '#000' } })
      .composite(houses)
      .toFile(town.bytes.shard);
    const image = { ...town, bytes: await storedFile(town.bytes.shard) };
    let seen = 0;
    for (const seed of seedsTo(60)) {
      const augment: Augment = { ...NOTHING, symmetries: true, scale: [0.5, 2] };
      const { pixels, outlines } = await makeSample({ image, donors: [], size: SIZE, augment, seed: [seed] });
      const houses = outlines.flatMap((outline) => {
        const [y1, x1, y2, x2] = polygonsBox(outline);
        const middle = Math.floor((y1 + y2) / 2) * SIZE + Math.floor((x1 + x2) / 2);
        // Near its edge a house takes a little from its neighbour.
        return Math.min(y2 - y1, x2 - x1) < 12 ? [] : [pixels[3 * middle]! / STEP];
      });
      for (const house of houses) expect(Math.abs(house - Math.round(house))).toBeLessThan(0.2);
      const numbers = houses.map(Math.round);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      seen += numbers.length;
    }
    expect(seen).toBeGreaterThan(300);
  });
});
