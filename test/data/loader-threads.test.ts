import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { batchControl, imageArrays } from '../../src/data/batch-memory.ts';
import type { BatchShape, HostBatch } from '../../src/data/host-batch.ts';
import { type Loaded, type LoadTask, loadImage } from '../../src/data/load-image.ts';
import { createLoadPool } from '../../src/data/load-pool.ts';
import { createLoader, type Loader, loaderOn } from '../../src/data/loader.ts';
import type { PreparedImage } from '../../src/data/prepared.ts';
import { createRandom } from '../../src/system/random.ts';
import { collectBatches, drawImage, idsOf } from '../support/drawn-images.ts';
import { storedFile } from '../support/stored-file.ts';
import { testParams } from '../support/test-params.ts';

const shape: BatchShape = {
  ...{ batchSize: 4, imageSize: 96, maxInstances: 8, maskSize: 28 },
  touchingDistance: 3,
};
/** Everything at once. */
const augment = {
  ...testParams('').augment,
  ...{ scale: [0.5, 2] as [number, number], brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 },
  ...{ blur: 0.5, noise: 0.5, jpeg: 0.5, copy_paste: 0.7, mosaic: 0.3 },
};
const pass = { augment, seed: [3, 'train', 1], startBatch: 0 };
let folder: string;
let images: PreparedImage[];
const open: Loader[] = [];
/** A thread begins in a second or so; on a machine with much else to do, in ten. */
const PATIENCE_MS = 120_000;
vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS });

function openLoader(...args: Parameters<typeof createLoader>): Loader {
  const loader = createLoader(...args);
  open.push(loader);
  return loader;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-threads-'));
  const random = createRandom('loader-threads');
  images = await Promise.all(
    Array.from({ length: 13 }, (_, id) => {
      const boxes = Array.from({ length: 1 + random.int(6) }, () => {
        const [y, x] = [random.int(80), random.int(100)];
        return [y, x, y + 8 + random.int(30), x + 8 + random.int(20)];
      });
      return drawImage(folder, id, [128, 120], boxes);
    }),
  );
});
afterEach(() => Promise.all(open.splice(0).map((loader) => loader.close())));
afterAll(() => rm(folder, { recursive: true }));

/** Nothing but the first of them, which differs, matters to the others. */
const namedAt = (index: number, name: string) => images.with(index, { ...images[index]!, name });

describe('createLoader', () => {
  it('gives the same bits whatever the number of threads', async () => {
    const alone = await collectBatches(openLoader(0).training(images, shape, pass));
    const ordered = await collectBatches(openLoader(0).ordered(images, shape));
    expect(alone).toHaveLength(4);
    for (const workers of [1, 3]) {
      const loader = openLoader(workers);
      expect(await collectBatches(loader.training(images, shape, pass))).toEqual(alone);
      expect(await collectBatches(loader.ordered(images, shape))).toEqual(ordered);
    }
  });
  it.each([0, 2])('keeps a batch as it is while it is used, %i threads', async (workers) => {
    const many = Array.from({ length: 60 }, (_, i) => images[i % images.length]!);
    const memories = new Set<ArrayBufferLike>();
    for await (const batch of openLoader(workers).training(many, shape, pass)) {
      memories.add(batch.images.buffer);
      const before = [batch.images.slice(), batch.masks.slice(), batch.touching.slice()];
      await setTimeout(5);
      expect([batch.images, batch.masks, batch.touching]).toEqual(before);
    }
    // 15 batches in the memory of three: one in use, two ahead.
    expect(memories.size).toBe(3);
  });
  it('uses the memory of one pass for the next', async () => {
    const loader = openLoader(0);
    const memories = new Set<ArrayBufferLike>();
    for (let epoch = 0; epoch < 4; epoch++) {
      for await (const { images: pixels } of loader.training(images, shape, pass))
        memories.add(pixels.buffer);
      for await (const { images: pixels } of loader.ordered(images, shape)) memories.add(pixels.buffer);
    }
    expect(memories.size).toBe(3);
  });
  it('keeps two passes at once apart', async () => {
    const loader = openLoader(0);
    const [one, other] = [loader.ordered(images, shape), loader.training(images, shape, pass)];
    const { value: first } = await one.next();
    const before = first!.images.slice();
    await collectBatches(other);
    expect(first!.images).toEqual(before);
    await one.return(undefined);
  });
  it('refuses to load when it is closed, which it can be twice', async () => {
    const loader = openLoader(1);
    await collectBatches(loader.ordered(images, shape));
    await Promise.all([loader.close(), loader.close()]);
    await loader.close();
    expect(() => loader.ordered(images, shape)).toThrow('The loader is closed');
  });
});

describe('a pass that is left early', () => {
  /** Counts what is asked for and what is under way. */
  function countingPool(threads: number) {
    const pool = createLoadPool(threads);
    const counts = { asked: 0, underWay: 0 };
    const load = async (task: LoadTask) => {
      counts.asked++;
      counts.underWay++;
      return pool.load(task).finally(() => counts.underWay--);
    };
    return { counts, createPool: () => ({ load, close: pool.close }) };
  }

  it.each([0, 2])('leaves nothing under way, and the next one is whole, %i threads', async (threads) => {
    const { counts, createPool } = countingPool(threads);
    const loader = loaderOn(createPool, threads);
    open.push(loader);
    const whole = await collectBatches(openLoader(0).training(images, shape, pass));
    for (let round = 0; round < 3; round++) {
      for await (const batch of loader.training(images, shape, pass)) {
        expect(batch.sources).toHaveLength(4);
        break;
      }
      expect(counts.underWay).toBe(0);
    }
    // The one that was used and the two after it.
    expect(counts.asked).toBe(3 * 3 * 4);
    expect(await collectBatches(loader.training(images, shape, pass))).toEqual(whole);
  });
  it('does not begin what waits in a thread', async () => {
    const gate = Promise.withResolvers<void>();
    const tasks: LoadTask[] = [];
    const load = async (task: LoadTask) => {
      tasks.push(task);
      if (tasks.length > shape.batchSize) await gate.promise;
      return loadImage(task);
    };
    const batches = loaderOn(() => ({ load, close: async () => {} }), 1).ordered(images, shape);
    await batches.next();
    const left = batches.return(undefined);
    gate.resolve();
    await left;
    // Two batches were ahead of the one that was used.
    const written = tasks.map(({ memory, n }) => imageArrays(memory, shape, n).valid[0] === 1);
    expect(written).toEqual(tasks.map((_, i) => i < shape.batchSize));
    expect(tasks).toHaveLength(3 * shape.batchSize);
  });
});

describe('a thread that fails', () => {
  const worker = new URL('./fragile-worker.ts', import.meta.url);
  const fragile = (threads: number) =>
    loaderOn(
      () => createLoadPool(threads, { worker, resourceLimits: { maxOldGenerationSizeMb: 48 } }),
      threads,
    );
  async function failureOf(batches: AsyncGenerator<HostBatch>): Promise<Error> {
    return collectBatches(batches).then(
      () => expect.unreachable('it did not fail'),
      (error: Error) => error,
    );
  }

  it.each([
    ['throws.png', 1, 'planted'],
    ['exits.png', 1, 'exited with code: 3'],
    ['exits.png', 2, 'exited with code: 3'],
    ['rejects.png', 1, 'nobody listens'],
    ['hoards.png', 2, 'out of memory'],
  ])('names the file: %s, %i threads', async (name, threads, reason) => {
    const loader = fragile(threads);
    open.push(loader);
    const failure = await failureOf(loader.ordered(namedAt(6, name), shape));
    expect(failure.name).toBe('UserError');
    expect(failure.message).toMatch(new RegExp(`^Cannot load image ${name} of ${images[6]!.bytes.shard}: `));
    expect(failure.message).toContain(reason);
    expect(failure.message).not.toContain('\n');
  });
  it('gives the batches before it', async () => {
    const loader = fragile(1);
    open.push(loader);
    const got: HostBatch[] = [];
    const all = (async () => {
      for await (const batch of loader.ordered(namedAt(9, 'exits.png'), shape)) got.push(batch);
    })();
    await expect(all).rejects.toThrow('exits.png');
    expect(idsOf(got)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
  });
  it('is blamed on no image that was finished, nor on one that waited', async () => {
    // A busy main thread hears of what was finished only after it hears of the end: then all of it fails.
    const load = async (task: LoadTask): Promise<Loaded> => {
      const { id } = task.request.image;
      if (id < 6) await loadImage(task);
      if (id === 6) batchControl(task.memory, shape).begin(task.n);
      throw new Error('ended');
    };
    const loader = loaderOn(() => ({ load, close: async () => {} }), 1);
    expect((await failureOf(loader.ordered(images, shape))).message).toMatch(/^Cannot load image 6\.png of /);
  });
  it('does to the terminal nothing that a name says', async () => {
    const load = () => Promise.reject(new Error('ended'));
    const loader = loaderOn(() => ({ load, close: async () => {} }), 1);
    const { message } = await failureOf(loader.ordered(namedAt(0, '\u001b[31mred\nerror: fake.png'), shape));
    expect(message).toMatch(/^Cannot load image \\u001b\[31mred\\nerror: fake\.png of [^\n]*: ended;[^\n]*$/);
  });
  it('loads on afterwards', async () => {
    const loader = fragile(2);
    open.push(loader);
    await failureOf(loader.ordered(namedAt(1, 'exits.png'), shape));
    const expected = await collectBatches(openLoader(0).ordered(images, shape));
    expect(await collectBatches(loader.ordered(images, shape))).toEqual(expected);
  });
  it('is replaced when it ends between two passes', async () => {
    const loader = fragile(1);
    open.push(loader);
    const few = namedAt(3, 'afterwards.png').slice(0, 4);
    const expected = await collectBatches(openLoader(0).ordered(few, shape));
    expect(await collectBatches(loader.ordered(few, shape))).toEqual(expected);
    await setTimeout(2000);
    expect(await collectBatches(loader.ordered(images.slice(0, 4), shape))).toHaveLength(1);
  });
  it('says so when no thread can begin', async () => {
    const missing = new URL('./no-such-worker.ts', import.meta.url);
    const loader = loaderOn(() => createLoadPool(1, { worker: missing }), 1);
    open.push(loader);
    expect((await failureOf(loader.ordered(images, shape))).message).toMatch(/no-such-worker/);
  });
  it('names an image that does not decode', async () => {
    const broken = join(folder, 'broken.png');
    await writeFile(broken, 'no image');
    const some = images.with(5, { ...images[5]!, name: 'broken.png', bytes: await storedFile(broken) });
    const failure = await failureOf(openLoader(2).ordered(some, shape));
    expect(failure.name).toBe('UserError');
    expect(failure.message).toMatch(/^Cannot \w+ .*broken\.png/);
    expect(failure.message).not.toContain('\n');
  });
});
