import { describe, expect, it } from 'vitest';
import { withRetries } from '../../src/hub/retry.ts';

const POLICY = { attempts: 3, firstDelayMs: 1 };

/** Fails as told, then succeeds; a failure with `progress` got further before it. */
async function run(failures: { transient?: boolean; progress?: boolean }[]) {
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
    (error) => (error as Error).message === 'passing',
    (_error, delayMs) => delays.push(delayMs),
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

  it('counts anew after progress', async () => {
    const failures = [{}, {}, { progress: true }, {}];
    expect(await run(failures)).toEqual({ outcome: 'done', calls: 5, delays: [1, 2, 1, 2] });
  });
});
