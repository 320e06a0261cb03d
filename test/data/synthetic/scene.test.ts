import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { SPLITS, type Split } from '../../../src/data/prepared.ts';
import { drawScene, planScene, type Scene, shareOfTouching } from '../../../src/data/synthetic/scene.ts';
import { pointInPolygon, polygonArea, polygonsBox } from '../../../src/masks/polygon.ts';
import { createRandom } from '../../../src/system/random.ts';

const SIZE = 128;
const SCENES_PER_SPLIT = 50;
const PICTURES = 20;
const SEED = 17;

type Building = Scene['buildings'][number];

const areaOf = ({ polygons }: Building) => polygons.reduce((sum, polygon) => sum + polygonArea(polygon), 0);

function isRoof({ polygons }: Building, x: number, y: number): boolean {
  return polygons.some((polygon) => pointInPolygon(polygon, x, y));
}

/** Indices of the pixels whose centres are inside. */
function pixelsOf(building: Building): Set<number> {
  const [y1, x1, y2, x2] = polygonsBox(building.polygons).map(Math.round);
  const pixels = new Set<number>();
  for (let y = y1!; y < y2!; y++) {
    for (let x = x1!; x < x2!; x++) if (isRoof(building, x + 0.5, y + 0.5)) pixels.add(y * SIZE + x);
  }
  return pixels;
}

/** The outlines of the first scenes of each split, and the first scenes of train with their pictures. */
const outlines = Object.fromEntries(
  SPLITS.map((split) => [
    split,
    Array.from(
      { length: SCENES_PER_SPLIT },
      (_, i) => planScene(SIZE, createRandom(SEED, split, i)).buildings,
    ),
  ]),
) as Record<Split, Building[][]>;
const pictures: Scene[] = [];

beforeAll(async () => {
  for (let i = 0; i < PICTURES; i++) {
    pictures.push(await drawScene({ size: SIZE, random: createRandom(SEED, 'train', i) }));
  }
});

describe('drawScene', () => {
  it('gives the same bytes and outlines for the same stream, others for another', async () => {
    const draw = (...parts: (string | number)[]) => drawScene({ size: SIZE, random: createRandom(...parts) });
    const [first, again, other] = [
      await draw(1, 'train', 0),
      await draw(1, 'train', 0),
      await draw(1, 'valid', 0),
    ];
    expect(again.png.equals(first.png)).toBe(true);
    expect(again.buildings).toEqual(first.buildings);
    expect(other.png.equals(first.png)).toBe(false);
    expect(other.buildings).not.toEqual(first.buildings);
  });

  it('never lays a scene out twice in the splits of one seed', () => {
    const all = SPLITS.flatMap((split) => outlines[split].map((buildings) => JSON.stringify(buildings)));
    expect(new Set(all).size).toBe(SPLITS.length * SCENES_PER_SPLIT);
  });

  it('hands out the outlines from which it drew', () => {
    expect(pictures.map(({ buildings }) => buildings)).toEqual(outlines.train.slice(0, PICTURES));
  });

  it('refuses sizes below 128, above 2048 and broken ones', async () => {
    for (const size of [127, 2049, 130.5, Number.NaN]) {
      await expect(drawScene({ size, random: createRandom(0) })).rejects.toThrow(
        `size must be a whole number from 128 to 2048, got ${size}`,
      );
    }
  });

  it.each([128, 200, 384])(
    'draws an RGB picture of %i pixels with as many buildings as its area asks for',
    async (size) => {
      const { png, buildings } = await drawScene({ size, random: createRandom('size', size) });
      const { width, height, channels, format } = await sharp(png).metadata();
      expect({ width, height, channels, format }).toEqual({
        width: size,
        height: size,
        channels: 3,
        format: 'png',
      });
      const share = (size / 128) ** 2;
      expect(buildings.length).toBeGreaterThanOrEqual(8 * share);
      expect(buildings.length).toBeLessThanOrEqual(25 * share);
    },
  );

  it.each(SPLITS)('%s: puts 8 to 25 buildings on 128 pixels, 14 to 23 on average', (split) => {
    const counts = outlines[split].map((buildings) => buildings.length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(8);
    expect(Math.max(...counts)).toBeLessThanOrEqual(25);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(mean).toBeGreaterThan(14);
    expect(mean).toBeLessThan(23);
  });

  it.each(SPLITS)('%s: a third or more of the roofs stand within 2 pixels of another', (split) => {
    const shares = outlines[split].map((buildings) => shareOfTouching(buildings, 2));
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThanOrEqual(1 / 3);
  });

  it.each(SPLITS)('%s: keeps outlines inside the picture and of at least 9 square pixels', (split) => {
    for (const buildings of outlines[split]) {
      for (const building of buildings) {
        const [y1, x1, y2, x2] = polygonsBox(building.polygons);
        expect(Math.min(y1, x1)).toBeGreaterThanOrEqual(0);
        expect(Math.max(y2, x2)).toBeLessThanOrEqual(SIZE);
        expect(areaOf(building)).toBeGreaterThanOrEqual(9);
        for (const polygon of building.polygons) expect(polygon.length).toBeGreaterThanOrEqual(6);
      }
    }
  });

  it.each(SPLITS)('%s: no two roofs share a hundredth of the smaller one', (split) => {
    for (const buildings of outlines[split]) {
      const masks = buildings.map(pixelsOf);
      for (const [i, a] of masks.entries()) {
        for (const b of masks.slice(0, i)) {
          const [small, large] = a.size < b.size ? [a, b] : [b, a];
          const shared = [...small].filter((pixel) => large.has(pixel)).length;
          expect(shared).toBeLessThanOrEqual(0.01 * small.size);
        }
      }
    }
  });

  it('draws roofs 10 to 45 pixels long, with few beyond, of several shapes', () => {
    const uncut = SPLITS.flatMap((split) => outlines[split].flat()).filter(({ polygons }) => {
      const [y1, x1, y2, x2] = polygonsBox(polygons);
      return Math.min(y1, x1) > 0 && Math.max(y2, x2) < SIZE;
    });
    const typical = uncut.filter(({ polygons }) => {
      const [y1, x1, y2, x2] = polygonsBox(polygons);
      const long = Math.max(y2 - y1, x2 - x1);
      return long >= 10 && long <= 45;
    });
    expect(typical.length / uncut.length).toBeGreaterThan(0.93);
    const withCorners = (least: number, most: number) =>
      uncut.filter(({ polygons }) => polygons[0]!.length / 2 >= least && polygons[0]!.length / 2 <= most)
        .length / uncut.length;
    expect(withCorners(4, 4)).toBeGreaterThan(0.4);
    expect(withCorners(6, 12)).toBeGreaterThan(0.15);
    expect(withCorners(24, 24)).toBeGreaterThan(0);
    expect(withCorners(24, 24)).toBeLessThan(0.05);
  });

  it('draws the roofs where the outlines are: brightness changes most there, not 2 pixels beside', async () => {
    const shifts = [
      [0, 0],
      [2, 0],
      [-2, 0],
      [0, 2],
      [0, -2],
    ] as const;
    const strength = shifts.map(() => 0);
    for (const { png, buildings } of pictures) {
      const steepness = await steepnessOf(png);
      for (const [i, [dx, dy]] of shifts.entries()) {
        for (const { polygons } of buildings) {
          for (const [x, y] of polygons.flatMap(pointsAlong)) strength[i]! += steepness(x + dx, y + dy);
        }
      }
    }
    for (const beside of strength.slice(1)) expect(strength[0]).toBeGreaterThan(1.25 * beside);
  });

  it('lets most roofs stand out from what is around them, though not all', async () => {
    let [clear, all] = [0, 0];
    for (const { png, buildings } of pictures) {
      const pixels = await sharp(png).raw().toBuffer();
      const roofs = buildings.map(pixelsOf);
      const anyRoof = new Set(roofs.flatMap((roof) => [...roof]));
      for (const roof of roofs) {
        const around = neighboursOf(roof).filter((pixel) => !anyRoof.has(pixel));
        if (roof.size < 40 || around.length < 20) continue;
        all++;
        const [inside, outside] = [meanColor(pixels, [...roof]), meanColor(pixels, around)];
        if (Math.hypot(...inside.map((value, c) => value - outside[c]!)) > 15) clear++;
      }
    }
    expect(all).toBeGreaterThan(200);
    expect(clear / all).toBeGreaterThan(0.75);
    expect(clear / all).toBeLessThan(1);
  });
});

/** Length of the brightness gradient at a place in the picture. */
async function steepnessOf(png: Buffer): Promise<(x: number, y: number) => number> {
  const grey = await sharp(png).greyscale().raw().toBuffer();
  const value = (x: number, y: number) => {
    const inside = (at: number) => Math.max(0, Math.min(SIZE - 1, Math.floor(at)));
    return grey[inside(y) * SIZE + inside(x)]!;
  };
  return (x, y) => Math.hypot(value(x + 1, y) - value(x - 1, y), value(x, y + 1) - value(x, y - 1));
}

/** A point every two pixels or so along the ring, except along the picture's border. */
function pointsAlong(polygon: number[]): [number, number][] {
  const points: [number, number][] = [];
  for (let i = 0; i < polygon.length; i += 2) {
    const [x1, y1] = [polygon[i]!, polygon[i + 1]!];
    const [x2, y2] = [polygon[(i + 2) % polygon.length]!, polygon[(i + 3) % polygon.length]!];
    const steps = Math.ceil(Math.hypot(x2 - x1, y2 - y1) / 2);
    for (let step = 0; step < steps; step++) {
      points.push([x1 + ((x2 - x1) * step) / steps, y1 + ((y2 - y1) * step) / steps]);
    }
  }
  return points.filter(([x, y]) => x > 4 && y > 4 && x < SIZE - 4 && y < SIZE - 4);
}

/** Pixels within three of the roof, outside of it. */
function neighboursOf(roof: Set<number>): number[] {
  const near = new Set<number>();
  for (const pixel of roof) {
    const [x, y] = [pixel % SIZE, Math.floor(pixel / SIZE)];
    for (let dy = -3; dy <= 3; dy++) {
      for (let dx = -3; dx <= 3; dx++) {
        const isInside = x + dx >= 0 && x + dx < SIZE && y + dy >= 0 && y + dy < SIZE;
        if (isInside && !roof.has(pixel + dy * SIZE + dx)) near.add(pixel + dy * SIZE + dx);
      }
    }
  }
  return [...near];
}

function meanColor(pixels: Buffer, at: number[]): number[] {
  return [0, 1, 2].map((c) => at.reduce((sum, pixel) => sum + pixels[3 * pixel + c]!, 0) / at.length);
}

describe('shareOfTouching', () => {
  const square = (x: number, y: number) => ({ polygons: [[x, y, x + 10, y, x + 10, y + 10, x, y + 10]] });

  it('counts buildings that have a neighbour at most so far away', () => {
    const row = [square(0, 0), square(12, 0), square(25, 0), square(60, 60)];
    expect(shareOfTouching(row, 1.9)).toBe(0);
    expect(shareOfTouching(row, 2)).toBe(0.5);
    expect(shareOfTouching(row, 3)).toBe(0.75);
  });

  it('looks at every part of a building', () => {
    const parted = { polygons: [...square(80, 80).polygons, ...square(0, 11).polygons] };
    expect(shareOfTouching([square(0, 0), parted], 1)).toBe(1);
    expect(shareOfTouching([parted], 1)).toBe(0);
  });

  it('is 0 without buildings', () => {
    expect(shareOfTouching([], 2)).toBe(0);
  });
});
