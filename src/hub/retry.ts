import { pause } from '../system/pause.ts';

export interface RetryPolicy {
  /** Tries in a row without any progress, >= 1. */
  attempts: number;
  /** Wait before the second try; doubled before each further one. */
  firstDelayMs: number;
  /** A try in which nothing comes for so long has failed. */
  silenceMs: number;
}

/** 1 + 2 + 4 + 8 s: long enough for a router to come back, short enough to tell "no network" soon. */
export const NETWORK_RETRIES: RetryPolicy = { attempts: 5, firstDelayMs: 1000, silenceMs: 30_000 };

/** What `withRetries` asks about a failed try, and tells. */
export interface Failures {
  /** False = the error is thrown at once. */
  isTransient(error: unknown): boolean;
  /** How long the other side asks to be left alone, 0 if it does not ask. */
  wantedDelayMs(error: unknown): number;
  /** Told of each failure that is followed by another try. */
  onRetry(error: unknown, delayMs: number): void;
}

/**
 * Repeats `work` while it fails in a way that may pass.
 * @param work calls `progressed` when it got further than before: the tries are then counted anew
 * @throws the last error; the signal's reason when it is aborted, whatever `work` makes of that
 */
export async function withRetries<T>(
  { attempts, firstDelayMs }: RetryPolicy,
  work: (progressed: () => void) => Promise<T>,
  { isTransient, wantedDelayMs, onRetry }: Failures,
  signal: AbortSignal,
): Promise<T> {
  let failures = 0;
  for (;;) {
    try {
      signal.throwIfAborted();
      return await work(() => {
        failures = 0;
      });
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      if (failures >= attempts || !isTransient(error)) throw error;
      const delayMs = Math.max(firstDelayMs * 2 ** (failures - 1), wantedDelayMs(error));
      onRetry(error, delayMs);
      await pause(delayMs, signal);
    }
  }
}
