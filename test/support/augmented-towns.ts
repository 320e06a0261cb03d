import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { makeSample, type Sample } from '../../src/data/augment/sample.ts';
import type { PreparedImage } from '../../src/data/prepared.ts';
import { closeStored } from '../../src/data/read-stored.ts';
import type { Params } from '../../src/params/schema.ts';
import { createRandom } from '../../src/system/random.ts';
import { drawTown, randomTown } from './drawn-town.ts';
import { testParams } from './test-params.ts';

export type Augment = Params['augment'];

/** Side of the samples' square. */
export const SIZE = 96;
/** Each step switched off. */
export const NOTHING: Augment = {
  ...testParams('').augment,
  ...{ symmetries: false, scale: [1, 1], min_visible: 0, brightness: 0, contrast: 0, saturation: 0, hue: 0 },
  ...{ blur: 0, noise: 0, jpeg: 0, copy_paste: 0, mosaic: 0 },
};
export const GEOMETRY = {
  ...{ symmetries: true, scale: [0.5, 2] as [number, number], copy_paste: 0.5, copy_paste_buildings: 4 },
  mosaic: 0.5,
};
/** Each step now and then. */
export const EVERYTHING: Augment = {
  ...{ ...NOTHING, ...GEOMETRY, brightness: 0.3, contrast: 0.3, saturation: 0.5, hue: 0.1 },
  ...{ blur: 0.5, blur_sigma: [0.4, 0.8], noise: 0.5, noise_sigma: [0.005, 0.03], jpeg: 0.5 },
};

export interface Towns {
  folder: string;
  /** Square and oblong, PNG and JPEG (which libjpeg decodes at half size), one pixel; none is enlarged at zoom 2. */
  large: PreparedImage[];
  /** These are enlarged at zoom 1. */
  small: PreparedImage[];
  /** Nothing on black. */
  empty: PreparedImage;
}

/**
 * To be called at the top of a test file: draws the towns before its tests, and removes them after.
 * @returns filled in when the tests begin
 */
export function useTowns(): Towns {
  const towns = {} as Towns;
  beforeAll(async () => {
    towns.folder = await mkdtemp(join(tmpdir(), 'aerial-towns-'));
    const random = createRandom('towns');
    const draw = (name: string) => {
      const [width, height] = name.match(/\d+/g)!.map(Number) as [number, number];
      const rings = randomTown(width, height, Math.max(width, height) / 5, random);
      return drawTown(towns.folder, {
        ...{ name, width, height, rings: width > 1 ? rings : [[0, 0, 1, 0, 1, 1, 0, 1]] },
      });
    };
    const squares = ['200x200.png', '200x200.jpg', '500x500.jpg'];
    const others = ['320x200.png', '140x422.png', '800x640.jpg', '300x3.png', '1x1.png'];
    towns.large = await Promise.all([...squares, ...others].map(draw));
    towns.small = await Promise.all(['90x90.png', '64x40.png', '30x41.jpg'].map(draw));
    towns.empty = await drawTown(towns.folder, { name: 'empty.png', width: 90, height: 60, rings: [] });
  });
  afterAll(async () => {
    await closeStored();
    await rm(towns.folder, { recursive: true });
  });
  return towns;
}

/** The image of this number, with the next four as donors. */
export function sampleOf(augment: Augment, seed: number, images: readonly PreparedImage[]): Promise<Sample> {
  const [image, ...donors] = [0, 1, 2, 3, 4].map((step) => images[(seed + step) % images.length]!);
  return makeSample({ image: image!, donors, size: SIZE, augment, seed: [5, 'epoch', 1, seed] });
}

/** 0, 1, … count − 1 */
export const seedsTo = (count: number) => Array.from({ length: count }, (_, i) => i);
