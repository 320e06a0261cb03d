/**
 * Worker threads that load images; or none, and the same work in this thread.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ResourceLimits } from 'node:worker_threads';
import { Piscina } from 'piscina';
// In this thread too, and before any worker: when the last thread that has loaded libvips ends, libvips does not survive it.
import { type Loaded, type LoadTask, loadImage } from './load-image.ts';

/** Loads images. */
export interface LoadPool {
  /** @throws whatever ended the thread in which it ran, or was thrown there */
  load(task: LoadTask): Promise<Loaded>;
  /** Ends the threads; tasks under way fail. To be called once. */
  close(): Promise<void>;
}

/** .ts beside this file in a checkout, .js in a build. */
const WORKER = new URL(`./load-worker${extname(import.meta.url)}`, import.meta.url);

/** How the threads run, where it is not as always. */
interface ThreadOptions {
  /** Module that exports `loadInTurn`. */
  worker?: URL;
  resourceLimits?: ResourceLimits;
}

/** @param threads 0 = none: all in this thread. They are started here. */
export function createLoadPool(
  threads: number,
  { worker = WORKER, ...options }: ThreadOptions = {},
): LoadPool {
  if (threads === 0) return { load: loadImage, close: async () => {} };
  const pool = new Piscina({
    filename: fileURLToPath(worker),
    name: 'loadInTurn',
    minThreads: threads,
    maxThreads: threads,
    // A compiled step keeps this thread busy for long: what the workers shall do meanwhile must be with them before it.
    concurrentTasksPerWorker: Number.MAX_SAFE_INTEGER,
    // Waiting for work would block promises and timers of the worker.
    atomics: 'disabled',
    recordTiming: false,
    ...options,
  });
  // A thread that ended between two tasks: the pool puts another one in its place, and nothing is lost.
  pool.on('error', () => {});
  return {
    load: (task) => pool.run(task),
    close: async () => {
      await pool.destroy();
      pool.emitDestroy();
    },
  };
}
