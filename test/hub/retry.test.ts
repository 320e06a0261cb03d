import { describe, expect, it } from 'vitest';
import { withRetries } from '../../src/hub/retry.ts';

const POLICY = { attempts: 3, firstDelayMs: 1, silenceMs: 1000 };

/** Fails as told, then succeeds; a failure with `progress` got further before it. */
async function run(
  failures: { transient?: boolean; progress?: boolean; wantedDelayMs?: number }[],
  signal = new AbortController().signal,
) {
  const delays: number[] = [];
  let calls = 0;
  const result = withRetries(
    POLICY,
    async (progressed) => {
      const failure = failures[calls++];
      if (failure?.progress) progressed();
      if (failure) throw new Error(failure.transient === false ? 'lasting' : 'passing');
      return 'done';
    },
    {
      isTransient: (error) => (error as Error).message === 'passing',
      wantedDelayMs: () => failures[calls - 1]!.wantedDelayMs ?? 0,
      onRetry: (_error, delayMs) => delays.push(delayMs),
    },
    signal,
  );
  const outcome = await result.catch((error: Error) => error.message);
  return { outcome, calls, delays };
}

describe('withRetries', () => {
  it('returns the first success', async () => {
    expect(await run([])).toEqual({ outcome: 'done', calls: 1, delays: [] });
  });

  it('waits twice as long each time', async () => {
    expect(await run([{}, {}])).toEqual({ outcome: 'done', calls: 3, delays: [1, 2] });
  });

  it('throws the error of the last try', async () => {
    expect(await run([{}, {}, {}])).toEqual({ outcome: 'passing', calls: 3, delays: [1, 2] });
  });

  it('throws a lasting error at once', async () => {
    expect(await run([{}, { transient: false }])).toEqual({ outcome: 'lasting', calls: 2, delays: [1] });
  });

  it('waits for as long as it is asked to, and never less than it would by itself', async () => {
    const failures = [{ wantedDelayMs: 20 }, { wantedDelayMs: 1 }];
    expect((await run(failures)).delays).toEqual([20, 2]);
  });

  it('throws the reason of the signal that is aborted before, or while it waits', async () => {
    expect(await run([], AbortSignal.abort(new Error('stopped')))).toMatchObject({
      outcome: 'stopped',
      calls: 0,
    });
    const started = performance.now();
    const stopping = AbortSignal.timeout(20);
    const { outcome, calls } = await run([{ wantedDelayMs: 60_000 }], stopping);
    expect(outcome).toMatch(/timeout/);
    expect(calls).toBe(1);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('counts anew after progress', async () => {
    const failures = [{}, {}, { progress: true }, {}];
    expect(await run(failures)).toEqual({ outcome: 'done', calls: 5, delays: [1, 2, 1, 2] });
  });
});
