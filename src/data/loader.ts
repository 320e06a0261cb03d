/**
 * From prepared images to minibatches, made ready by worker threads while the step before runs. Knows nothing of TensorFlow.
 *
 * Memory is bounded: there are as many batches as are made ahead and one that is used, and their memory is used again.
 */
import { availableParallelism } from 'node:os';
import { batchBytes, createSpareMemory } from './batch-memory.ts';
import { batchesOf, type Pass } from './batch-stream.ts';
import type { BatchShape, HostBatch } from './host-batch.ts';
import { createLoadPool, type LoadPool } from './load-pool.ts';
import type { PreparedImage } from './prepared.ts';
import { type PassOptions, trainingOrder } from './training-order.ts';

/** A pass of training, or the rest of one. */
export interface TrainingPass extends PassOptions {
  /** Batches at the beginning of the pass that are left out; 0 = none. The others come as they would have. */
  startBatch: number;
}

/** Makes batches. A batch is the consumer's until it asks for the next one, or stops: then its memory is used again. */
export interface Loader {
  /**
   * One pass in random order, each image augmented; where the pass draws sizes, each batch in its own. The last batch is filled up from the beginning of the pass (augmented in
   * ways of their own), so that every batch has N images.
   * @throws UserError naming the image that cannot be read, or with which a worker came to its end
   */
  training(
    images: readonly PreparedImage[],
    shape: BatchShape,
    pass: TrainingPass,
  ): AsyncGenerator<HostBatch>;
  /** All images in their order, as they are. The last batch is filled up from the beginning; `real` says how many count. */
  ordered(images: readonly PreparedImage[], shape: BatchShape): AsyncGenerator<HostBatch>;
  /** Ends the threads; more than once does nothing. */
  close(): Promise<void>;
}

/** More are of no use: the decoding of all of them shares the threads that Node has for files and images. */
const MOST_WORKERS = 8;

/** @param workers threads; null = one less than cores, 1–8; 0 = none, all is done in this thread. The batches are the same. */
export function createLoader(workers: number | null): Loader {
  const threads = threadsOf(workers);
  return loaderOn(() => createLoadPool(threads), threads);
}

/** @param createPool called for the first pass */
export function loaderOn(createPool: () => LoadPool, threads: number): Loader {
  let pool: LoadPool | null = null;
  let closing: Promise<void> | null = null;
  const spare = createSpareMemory();
  const run = (pass: Pass, { batchSize }: BatchShape) => {
    if (closing) throw new Error('The loader is closed');
    pool ??= createPool();
    return batchesOf(pass, { pool, spare, ahead: batchesAhead(threads, batchSize) });
  };
  return {
    training: (images, shape, { startBatch, ...options }) => {
      const { imageSizeOf, ...order } = trainingOrder(images, shape, options);
      const shapeOf = (batch: number) => ({ ...shape, imageSize: imageSizeOf(batch) });
      return run({ shapeOf, images: images.length, startBatch, ...order }, shape);
    },
    ordered: (images, shape) => {
      const pass = {
        shapeOf: () => shape,
        images: images.length,
        startBatch: 0,
        batches: Math.ceil(images.length / shape.batchSize),
        requestAt: (place: number) => ({
          image: images[place % images.length]!,
          donors: [],
          size: shape.imageSize,
          augment: null,
          seed: [],
        }),
      };
      return run(pass, shape);
    },
    close: () => {
      closing ??= pool?.close() ?? Promise.resolve();
      return closing;
    },
  };
}

function threadsOf(workers: number | null): number {
  return workers ?? Math.max(1, Math.min(MOST_WORKERS, availableParallelism() - 1));
}

/** @returns how many threads a loader has, and the bytes of its batches, of which the largest are of `shape` */
export function loaderMemory(workers: number | null, shape: BatchShape): { threads: number; bytes: number } {
  const threads = threadsOf(workers);
  return { threads, bytes: (batchesAhead(threads, shape.batchSize) + 1) * batchBytes(shape) };
}

/** Batches that are made while one is used: one more than the next, so that a slow file does not hold up the step. */
const LEAST_AHEAD = 2;

/** And two images for each worker, where batches are small. */
function batchesAhead(threads: number, batchSize: number): number {
  return Math.max(LEAST_AHEAD, Math.ceil((2 * threads) / batchSize));
}
