import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryPolicy {
  /** Tries in a row without any progress, >= 1. */
  attempts: number;
  /** Wait before the second try; doubled before each further one. */
  firstDelayMs: number;
}

/** 1 + 2 + 4 + 8 s: long enough for a router to come back, short enough to tell "no network" soon. */
export const NETWORK_RETRIES: RetryPolicy = { attempts: 5, firstDelayMs: 1000 };

/**
 * Repeats `work` while it fails in a way that may pass.
 * @param work calls `progressed` when it got further than before: the tries are then counted anew
 * @param isTransient false = the error is thrown at once
 * @param onRetry told of each failure that is followed by another try
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  work: (progressed: () => void) => Promise<T>,
  isTransient: (error: unknown) => boolean,
  onRetry: (error: unknown, delayMs: number) => void,
): Promise<T> {
  let failures = 0;
  for (;;) {
    try {
      return await work(() => {
        failures = 0;
      });
    } catch (error) {
      failures++;
      if (failures >= policy.attempts || !isTransient(error)) throw error;
      const delayMs = policy.firstDelayMs * 2 ** (failures - 1);
      onRetry(error, delayMs);
      await sleep(delayMs);
    }
  }
}
