import { setImmediate as nextTurn } from 'node:timers/promises';

/** A pause that nobody notices, and few of them. */
const STRETCH_MS = 50;

/**
 * For long computations: called again and again, the function lets timers and signals of the process have their turn
 * about every 50 ms, and returns at once in between.
 * @throws (the function) the signal's reason when it is aborted
 */
export function createGiveWay(signal?: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < STRETCH_MS) return;
    await nextTurn();
    signal?.throwIfAborted();
    last = performance.now();
  };
}
