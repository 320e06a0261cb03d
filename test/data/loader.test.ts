import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BatchShape, batchShape, type HostBatch } from '../../src/data/host-batch.ts';
import { createLoader } from '../../src/data/loader.ts';
import type { PreparedImage } from '../../src/data/prepared.ts';
import { collectBatches, drawImage, idsOf } from '../support/drawn-images.ts';
import { storedFile } from '../support/stored-file.ts';
import { testParams } from '../support/test-params.ts';

const shape: BatchShape = {
  ...{ batchSize: 2, imageSize: 64, maxInstances: 3, maskSize: 14 },
  touchingDistance: null,
};
const loader = createLoader(0);
const { augment } = testParams('');
let folder: string;
let images: PreparedImage[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-loader-'));
  const draw = (id: number, size: [number, number], boxes: number[][]) => drawImage(folder, id, size, boxes);
  images = [
    await draw(
      1,
      [64, 64],
      [
        [8, 16, 24, 48],
        [40, 8, 56, 20],
      ],
    ),
    await draw(2, [128, 64], [[10, 20, 30, 60]]),
    await draw(
      3,
      [64, 64],
      [
        [0, 0, 4, 4],
        [8, 8, 20, 20],
        [30, 30, 50, 50],
        [0, 40, 10, 60],
      ],
    ),
  ];
});
afterAll(() => rm(folder, { recursive: true }));

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

describe('ordered', () => {
  const pass = (some = images) => collectBatches(loader.ordered(some, shape));

  it('gives all images in order and says how many of the last batch are real', async () => {
    const batches = await pass();
    expect(idsOf(batches)).toEqual([
      [1, 2],
      [3, 1],
    ]);
    expect(batches.map(({ real }) => real)).toEqual([2, 1]);
  });
  it('fills a batch with the only image there is', async () => {
    const [first, ...others] = await pass(images.slice(0, 1));
    expect(idsOf([first!])).toEqual([[1, 1]]);
    expect([first!.real, others.length]).toEqual([1, 0]);
    expect(first!.images.subarray(0, 3 * 64 * 64)).toEqual(first!.images.subarray(3 * 64 * 64));
  });
  it('is empty without images', async () => {
    expect(await pass([])).toEqual([]);
  });
  it('pads buildings and marks the padding', async () => {
    const [first] = await pass();
    expect([...first!.valid]).toEqual([1, 1, 0, 1, 0, 0]);
    expect([...first!.boxes.subarray(0, 8)]).toEqual([8, 16, 24, 48, 40, 8, 56, 20]);
    expect(first!.masks.subarray(0, 2 * 14 * 14).every((value) => Math.abs(value - 1) < 1e-6)).toBe(true);
    expect(first!.masks.subarray(2 * 14 * 14, 3 * 14 * 14).every((value) => value === 0)).toBe(true);
  });
  it('fits an oblong image into the square, with its outlines', async () => {
    const [first] = await pass();
    expect([...first!.boxes.subarray(12, 16)]).toEqual([5, 10, 15, 30]);
    const bottom = first!.images.subarray(3 * 64 * (64 + 33), 3 * 64 * 128);
    expect(bottom.every((value) => value === 0)).toBe(true);
  });
  it('keeps the largest buildings and counts the others', async () => {
    const [, second] = await pass();
    expect(second!.overflow).toBe(1);
    expect([...second!.boxes.subarray(0, 12)]).toEqual([30, 30, 50, 50, 0, 40, 10, 60, 8, 8, 20, 20]);
  });
  it('scales pixels to 0–1', async () => {
    const [first] = await pass();
    expect(first!.images.reduce((a, b) => Math.max(a, b))).toBe(1);
  });
  it('leaves nothing of an earlier batch in the memory that it uses again', async () => {
    const bare = { ...images[0]!, id: 9, buildings: [] };
    const touching = { ...shape, batchSize: 1, touchingDistance: 20 };
    // More batches than are in memory at once: those of the first images are used again for the last ones.
    const many = [...new Array<PreparedImage>(6).fill(images[2]!), ...new Array<PreparedImage>(6).fill(bare)];
    const last = (await collectBatches(loader.ordered(many, touching))).at(-1)!;
    for (const name of ['boxes', 'masks', 'valid', 'touching'] as const) {
      expect(last[name].every((value) => value === 0)).toBe(true);
    }
    expect(last.overflow).toBe(0);
  });
});

describe('training', () => {
  const pass = (seed: number, changed: typeof augment | null = augment, startBatch = 0) =>
    collectBatches(loader.training(images, shape, { augment: changed, seed: [seed], startBatch }));

  it('is the same pass for the same seed, another for another', async () => {
    expect(await pass(1)).toEqual(await pass(1));
    const orders = await Promise.all([1, 2, 3, 4].map(async (seed) => `${idsOf(await pass(seed, null))}`));
    expect(new Set(orders).size).toBeGreaterThan(1);
  });
  it('shows every image, and fills the last batch from the beginning', async () => {
    const ids = idsOf(await pass(5)).flat();
    expect(ids.slice(0, 3).toSorted()).toEqual([1, 2, 3]);
    expect(ids[3]).toBe(ids[0]);
  });
  it('shows what fills the last batch in ways of its own', async () => {
    const one = [images[0]!];
    const wide = { ...shape, batchSize: 16 };
    const seen = loader.training(one, wide, { augment, seed: [1], startBatch: 0 });
    const [batch] = await collectBatches(seen);
    const boxes = Array.from({ length: 16 }, (_, n) => `${batch!.boxes.subarray(n * 12, n * 12 + 12)}`);
    expect(new Set(boxes).size).toBeGreaterThan(3);
    expect(batch!.real).toBe(1);
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
    const image = await drawImage(
      folder,
      4,
      [64, 64],
      [
        [8, 8, 30, 20],
        [8, 22, 30, 40],
        [50, 40, 60, 60],
      ],
    );
    const wanted = { ...shape, batchSize: 1, touchingDistance: 2 };
    const shown = new Set<string>();
    for (let seed = 0; seed < 24; seed++) {
      const passes = loader.training([image], wanted, { augment, seed: [seed], startBatch: 0 });
      const [batch] = await collectBatches(passes);
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
    const maps = await Promise.all(
      [1, 4].map(async (maxInstances) => {
        const one = { ...shape, batchSize: 1, maxInstances, touchingDistance: 8 };
        const [batch] = await collectBatches(loader.ordered([images[2]!], one));
        return batch!.touching;
      }),
    );
    expect(Math.max(...maps[0]!)).toBeGreaterThan(0);
    expect(maps[0]).toEqual(maps[1]);
  });
  it('makes no map where none is wanted', async () => {
    const [batch] = await pass(1);
    expect(batch!.touching).toEqual(new Float32Array(2));
    expect(batch!.touchingSize).toBe(1);
  });
  it('begins at any batch as if those before it had been there', async () => {
    const many = Array.from({ length: 11 }, (_, i) => images[i % 3]!);
    const from = (startBatch: number) =>
      collectBatches(loader.training(many, shape, { augment, seed: [7, 'train', 2], startBatch }));
    const whole = await from(0);
    expect(whole).toHaveLength(6);
    for (let k = 0; k <= 6; k++) expect(await from(k)).toEqual(whole.slice(k));
  });
  it('names the file that cannot be read', async () => {
    const broken = join(folder, 'broken.png');
    await writeFile(broken, 'no image');
    const one = [{ ...images[0]!, name: 'broken.png', bytes: await storedFile(broken) }];
    const batches = loader.training(one, shape, { augment: null, seed: [1], startBatch: 0 });
    await expect(collectBatches(batches)).rejects.toThrow(/^Cannot \w+ .*broken\.png/);
  });
});

describe('training in several sizes', () => {
  const sizes = { sizes: [64, 96, 128], batchesPerUpdate: 1 };
  const many = () => Array.from({ length: 24 }, (_, i) => images[i % 3]!);
  const pass = { augment: null, seed: [3], startBatch: 0, sizes };

  it('fits each batch into its own size, with boxes and the map of touching buildings', async () => {
    const wanted = { ...shape, touchingDistance: 2 };
    const batches = await collectBatches(loader.training(many(), wanted, pass));
    expect(new Set(batches.map(({ imageSize }) => imageSize))).toEqual(new Set([64, 96, 128]));
    for (const batch of batches) {
      const { imageSize: H, maxInstances: M } = batch;
      expect([batch.images.length, batch.touching.length]).toEqual([2 * H * H * 3, 2 * H * H]);
      for (let n = 0; n < batch.count; n++) {
        if (batch.sources[n]!.id !== 1) continue;
        const boxes = [...batch.boxes.subarray(n * M * 4, n * M * 4 + 8)];
        expect(boxes).toEqual([8, 16, 24, 48, 40, 8, 56, 20].map((value) => (value * H) / 64));
        const { inside, outside } = brightness(batch, n);
        for (const share of inside) expect(share).toBeGreaterThan(0.85);
        // Enlarging blurs what is beside an edge; further away is nothing.
        expect(outside).toBeLessThan(H === 64 ? 0.01 : 0.6);
      }
    }
  });
  it('gives the same pixels as a pass of that size alone', async () => {
    const batches = await collectBatches(loader.training(many(), shape, pass));
    for (const size of sizes.sizes) {
      const alone = { ...pass, sizes: null };
      const reference = await collectBatches(loader.training(many(), { ...shape, imageSize: size }, alone));
      batches.forEach((batch, i) => {
        if (batch.imageSize === size) expect(batch).toEqual(reference[i]);
      });
    }
  });
  it('begins at any batch as if those before it had been there', async () => {
    const from = (startBatch: number) =>
      collectBatches(loader.training(many(), shape, { ...pass, augment, startBatch }));
    const whole = await from(0);
    for (const k of [1, 5, 11]) expect(await from(k)).toEqual(whole.slice(k));
  });
  it('uses no more memory than that of as many batches of the largest size', async () => {
    const fresh = createLoader(0);
    const blocks = new Set<SharedArrayBuffer>();
    for (let epoch = 1; epoch <= 4; epoch++) {
      for await (const batch of fresh.training(many(), shape, { ...pass, seed: [epoch] })) {
        blocks.add(batch.images.buffer as unknown as SharedArrayBuffer);
      }
      for await (const batch of fresh.ordered(images, shape)) {
        blocks.add(batch.images.buffer as unknown as SharedArrayBuffer);
      }
    }
    const largest = Math.max(...[...blocks].map(({ byteLength }) => byteLength));
    const large = [...blocks].filter(({ byteLength }) => byteLength === largest);
    // Two made ahead, one in use; a few small ones were there before the first large batch.
    expect(large).toHaveLength(3);
    expect(blocks.size).toBeLessThanOrEqual(9);
  });
});
