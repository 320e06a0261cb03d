import { describe, expect, it } from 'vitest';
import { mosaicFrames } from '../../../src/data/augment/mosaic.ts';
import { letterboxView, randomView, type View } from '../../../src/data/augment/view.ts';
import { createRandom } from '../../../src/system/random.ts';

const SIZE = 64;
const SQUARE = { left: 0, top: 0, width: SIZE, height: SIZE };
const seeds = Array.from({ length: 200 }, (_, i) => i);

describe('letterboxView', () => {
  it('shows all of an image at the top left', () => {
    expect(letterboxView({ width: 100, height: 50 }, SIZE)).toEqual({
      window: { left: 0, top: 0, width: 100, height: 50 },
      place: { left: 0, top: 0, width: 64, height: 32 },
    });
  });
});

describe('randomView', () => {
  const viewOf = (seed: number, zoom: number, image = { width: 100, height: 50 }): View =>
    randomView(image, { frame: SQUARE, size: SIZE, zoom: [zoom, zoom] }, createRandom(seed));

  it('cuts out what fills the frame: at zoom 4 a quarter of the longer side, and half of the shorter one', () => {
    for (const seed of seeds) {
      const { window, place } = viewOf(seed, 4);
      expect(window).toMatchObject({ width: 25, height: 25 });
      expect(place).toEqual(SQUARE);
    }
  });
  it('shows all of the side that fits, and cuts the other', () => {
    for (const seed of seeds) {
      const { window, place } = viewOf(seed, 1.6);
      expect([window.width, window.top, window.height]).toEqual([63, 0, 50]);
      expect([place.left, place.width, place.height]).toEqual([0, 64, 51]);
    }
  });
  it('lays a small image anywhere on black', () => {
    const places = seeds.map((seed) => viewOf(seed, 0.5).place);
    for (const { width, height } of places) expect([width, height]).toEqual([32, 16]);
    expect(Math.min(...places.map(({ left }) => left))).toBe(0);
    expect(Math.max(...places.map(({ left }) => left))).toBe(32);
    expect(Math.min(...places.map(({ top }) => top))).toBe(0);
    expect(Math.max(...places.map(({ top }) => top))).toBe(48);
  });
  it('cuts anywhere, from one border to the other', () => {
    const windows = seeds.map((seed) => viewOf(seed, 8, { width: 20, height: 20 }).window);
    for (const { width, height } of windows) expect([width, height]).toEqual([3, 3]);
    expect(new Set(windows.map(({ left }) => left))).toEqual(
      new Set(Array.from({ length: 18 }, (_, i) => i)),
    );
  });
  it('draws twice as large as often as half as large', () => {
    const random = createRandom('zoom');
    const image = { width: 640, height: 640 };
    const larger = Array.from({ length: 2000 }, () => {
      const { window } = randomView(image, { frame: SQUARE, size: SIZE, zoom: [0.5, 2] }, random);
      return window.width < 640;
    }).filter((isLarger) => isLarger).length;
    expect(larger / 2000).toBeGreaterThan(0.46);
    expect(larger / 2000).toBeLessThan(0.54);
  });
  it('stays within the image and the frame, and shows at least a pixel', () => {
    for (const seed of seeds) {
      const random = createRandom('any', seed);
      const image = {
        width: 1 + random.int(seed < 100 ? 8 : 900),
        height: 1 + random.int(seed % 2 ? 8 : 900),
      };
      const [frame] = mosaicFrames(SIZE, random);
      const { window, place } = randomView(image, { frame: frame!, size: SIZE, zoom: [0.1, 10] }, random);
      // Never larger on one side and smaller on the other.
      const growth = [place.width - window.width, place.height - window.height] as const;
      expect(growth[0] * growth[1]).toBeGreaterThanOrEqual(0);
      // A part leaves no black line at the borders of its frame.
      if (window.width < image.width) expect(place.width).toBe(frame!.width);
      if (window.height < image.height) expect(place.height).toBe(frame!.height);
      for (const [part, all] of [
        [window, { left: 0, top: 0, ...image }],
        [place, frame!],
      ] as const) {
        for (const value of Object.values(part)) expect(Number.isInteger(value)).toBe(true);
        expect(Math.min(part.width, part.height)).toBeGreaterThanOrEqual(1);
        expect(part.left).toBeGreaterThanOrEqual(all.left);
        expect(part.top).toBeGreaterThanOrEqual(all.top);
        expect(part.left + part.width).toBeLessThanOrEqual(all.left + all.width);
        expect(part.top + part.height).toBeLessThanOrEqual(all.top + all.height);
      }
    }
  });
});

describe('mosaicFrames', () => {
  it('covers each pixel of the square once, around a middle in the middle half', () => {
    for (const seed of seeds) {
      const frames = mosaicFrames(SIZE, createRandom(seed));
      const covered = new Uint8Array(SIZE * SIZE);
      for (const { left, top, width, height } of frames) {
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(SIZE / 4);
        for (let y = top; y < top + height; y++)
          for (let x = left; x < left + width; x++) covered[y * SIZE + x]!++;
      }
      expect(covered.every((times) => times === 1)).toBe(true);
    }
  });
});
