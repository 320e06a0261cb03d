import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BatchShape,
  batchShape,
  type HostBatch,
  orderedBatches,
  trainingBatches,
} from '../../src/data/loader.ts';
import type { Building, PreparedImage } from '../../src/data/prepared.ts';
import { testParams } from '../support/test-params.ts';

const shape: BatchShape = {
  ...{ batchSize: 2, imageSize: 64, maxInstances: 3, maskSize: 14 },
  touchingDistance: null,
};
let folder: string;
let images: PreparedImage[];

/** Black, with a white rectangle for each building. */
async function drawImage(
  id: number,
  width: number,
  height: number,
  boxes: number[][],
): Promise<PreparedImage> {
  const rectangles = boxes.map(([y1, x1, y2, x2]) => ({
    input: { create: { width: x2! - x1!, height: y2! - y1!, channels: 3 as const, background: '#fff' } },
    top: y1!,
    left: x1!,
  }));
  const path = join(folder, `${id}.png`);
  await sharp({ create: { width, height, channels: 3, background: '#000' } })
    .composite(rectangles)
    .png()
    .toFile(path);
  const buildings = boxes.map(
    ([y1, x1, y2, x2], i): Building => ({
      id: i,
      polygons: [[x1!, y1!, x2!, y1!, x2!, y2!, x1!, y2!]],
      box: [y1!, x1!, y2!, x2!],
      area: (y2! - y1!) * (x2! - x1!),
    }),
  );
  return { id, path, width, height, origin: 'test', buildings };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-loader-'));
  images = [
    await drawImage(1, 64, 64, [
      [8, 16, 24, 48],
      [40, 8, 56, 20],
    ]),
    await drawImage(2, 128, 64, [[10, 20, 30, 60]]),
    await drawImage(3, 64, 64, [
      [0, 0, 4, 4],
      [8, 8, 20, 20],
      [30, 30, 50, 50],
      [0, 40, 10, 60],
    ]),
  ];
});
afterAll(() => rm(folder, { recursive: true }));

async function collect(batches: AsyncIterable<HostBatch>): Promise<HostBatch[]> {
  const all: HostBatch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

/** Share of bright pixels inside the box of a slot, and outside of all boxes of its image. */
function brightness(batch: HostBatch, n: number) {
  const { imageSize: size, maxInstances: M } = batch;
  const covered = new Uint8Array(size * size);
  const inside: number[] = [];
  for (let m = 0; m < M; m++) {
    if (batch.valid[n * M + m] === 0) continue;
    const [y1, x1, y2, x2] = batch.boxes.subarray(
      (n * M + m) * 4,
      (n * M + m) * 4 + 4,
    ) as unknown as number[];
    let [sum, count] = [0, 0];
    for (let y = Math.round(y1!); y < Math.round(y2!); y++) {
      for (let x = Math.round(x1!); x < Math.round(x2!); x++) {
        covered[y * size + x] = 1;
        sum += batch.images[3 * ((n * size + y) * size + x)]!;
        count++;
      }
    }
    inside.push(sum / count);
  }
  let outside = 0;
  covered.forEach((isCovered, i) => {
    if (!isCovered) outside = Math.max(outside, batch.images[3 * (n * size * size + i)]!);
  });
  return { inside, outside };
}

describe('batchShape', () => {
  it('wants the map of touching buildings where the loss has a weight for it', () => {
    const params = testParams(folder);
    const touching = { touching_weight: 3, touching_distance: 5 };
    expect(batchShape(params).touchingDistance).toBe(null);
    expect(batchShape({ ...params, loss: { ...params.loss, ...touching } }).touchingDistance).toBe(5);
  });
});

describe('orderedBatches', () => {
  it('gives all images in order and says how many of the last batch are real', async () => {
    const batches = await collect(orderedBatches(images, shape));
    expect(batches.map(({ sources }) => sources.map(({ id }) => id))).toEqual([
      [1, 2],
      [3, 1],
    ]);
    expect(batches.map(({ real }) => real)).toEqual([2, 1]);
  });
  it('pads buildings and marks the padding', async () => {
    const [first] = await collect(orderedBatches(images, shape));
    expect([...first!.valid]).toEqual([1, 1, 0, 1, 0, 0]);
    expect([...first!.boxes.subarray(0, 8)]).toEqual([8, 16, 24, 48, 40, 8, 56, 20]);
    expect(first!.masks.subarray(0, 2 * 14 * 14).every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
    expect(first!.masks.subarray(2 * 14 * 14, 3 * 14 * 14).every((value) => value === 0)).toBe(true);
  });
  it('fits an oblong image into the square, with its outlines', async () => {
    const [first] = await collect(orderedBatches(images, shape));
    expect([...first!.boxes.subarray(12, 16)]).toEqual([5, 10, 15, 30]);
    const bottom = first!.images.subarray(3 * 64 * (64 + 33), 3 * 64 * 128);
    expect(bottom.every((value) => value === 0)).toBe(true);
  });
  it('keeps the largest buildings and counts the others', async () => {
    const [, second] = await collect(orderedBatches(images, shape));
    expect(second!.overflow).toBe(1);
    expect([...second!.boxes.subarray(0, 12)]).toEqual([30, 30, 50, 50, 0, 40, 10, 60, 8, 8, 20, 20]);
  });
  it('scales pixels to 0–1', async () => {
    const [first] = await collect(orderedBatches(images, shape));
    expect(first!.images.reduce((a, b) => Math.max(a, b))).toBe(1);
  });
});

describe('trainingBatches', () => {
  const pass = (seed: number, augment = true) =>
    collect(trainingBatches(images, shape, { augment, seed: [seed] }));

  it('is the same pass for the same seed, another for another', async () => {
    expect(await pass(1)).toEqual(await pass(1));
    const orders = await Promise.all(
      [1, 2, 3, 4].map(async (seed) =>
        (await pass(seed, false)).flatMap(({ sources }) => sources.map(({ id }) => id)).join(),
      ),
    );
    expect(new Set(orders).size).toBeGreaterThan(1);
  });
  it('shows every image, and fills the last batch from the beginning', async () => {
    const ids = (await pass(5)).flatMap(({ sources }) => sources.map(({ id }) => id));
    expect(ids.slice(0, 3).toSorted()).toEqual([1, 2, 3]);
    expect(ids[3]).toBe(ids[0]);
  });
  it('keeps outlines on their pixels in every symmetry', async () => {
    for (let seed = 0; seed < 12; seed++) {
      for (const batch of await pass(seed)) {
        for (let n = 0; n < batch.count; n++) {
          const { inside, outside } = brightness(batch, n);
          for (const share of inside) expect(share).toBeGreaterThan(0.9);
          if (batch.sources[n]!.id === 1) expect(outside).toBe(0);
        }
      }
    }
  });
  it('keeps the map of touching buildings on its pixels in every symmetry', async () => {
    const image = await drawImage(4, 64, 64, [
      [8, 8, 30, 20],
      [8, 22, 30, 40],
      [50, 40, 60, 60],
    ]);
    const wanted = { ...shape, batchSize: 1, touchingDistance: 2 };
    const shown = new Set<string>();
    for (let seed = 0; seed < 24; seed++) {
      const [batch] = await collect(trainingBatches([image], wanted, { augment: true, seed: [seed] }));
      const { touching, touchingSize, images: pixels, boxes } = batch!;
      expect([touchingSize, touching.length]).toEqual([64, 64 * 64]);
      const highest = touching.reduce((a, b) => Math.max(a, b));
      const gap = [...touching.keys()].filter((i) => touching[i] === highest && pixels[3 * i] === 0);
      // Two pixels wide, as long as the two buildings beside it.
      expect(gap).toHaveLength(2 * 22);
      shown.add([...boxes].join());
    }
    expect(shown.size).toBe(8);
  });
  it('sees the neighbours that have no slot', async () => {
    const options = { augment: false, seed: [1] };
    const crowded = [images[2]!];
    const maps = await Promise.all(
      [1, 4].map(async (maxInstances) => {
        const one = { ...shape, batchSize: 1, maxInstances, touchingDistance: 8 };
        const [batch] = await collect(trainingBatches(crowded, one, options));
        return batch!.touching;
      }),
    );
    expect(Math.max(...maps[0]!)).toBeGreaterThan(0);
    expect(maps[0]).toEqual(maps[1]);
  });
  it('makes no map where none is wanted', async () => {
    const [batch] = await collect(trainingBatches(images, shape, { augment: false, seed: [1] }));
    expect(batch!.touching).toEqual(new Float32Array(2));
    expect(batch!.touchingSize).toBe(1);
  });
  it('names the file that cannot be read', async () => {
    const broken = join(folder, 'broken.png');
    await writeFile(broken, 'no image');
    const one = [{ ...images[0]!, path: broken }];
    await expect(collect(trainingBatches(one, shape, { augment: false, seed: [1] }))).rejects.toThrow(
      /Cannot read .*broken\.png/,
    );
  });
});
