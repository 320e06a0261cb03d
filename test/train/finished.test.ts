/** What comes after the last update: a stop that is too late, a new start. */
import { expect, it } from 'vitest';
import { formatTrainingSummary } from '../../src/train/report.ts';
import { recordingTracker } from '../support/recording-tracker.ts';
import { expectSame, forgetRuns, train, useTinyRuns } from '../support/training-runs.ts';

const runs = useTinyRuns({ train: 2, valid: 1, test: 1 });

it('is finished all the same when it is stopped after its last update, and a new start begins anew', async () => {
  const params = runs.params({ compile: false, epochs: 1 });
  await forgetRuns(params);
  let writes = 0;
  const whole = await train(params, { assertAlone: async () => void writes++ });
  expect(whole.summary).toMatchObject({ finished: true, steps: 1 });

  // While the checkpoint is written that says that it is finished; while trackers are told the best figures.
  const moments = ['last write', 'summary'] as const;
  for (const moment of moments) {
    await forgetRuns(params);
    const stop = new AbortController();
    let left = writes;
    const assertAlone = async () => {
      if (--left === 0 && moment === 'last write') stop.abort(new Error('stopped'));
    };
    const recorder = recordingTracker();
    const tracker = { ...recorder, summary: () => stop.abort(new Error('stopped')) };
    const stopped = await train(params, { signal: stop.signal, assertAlone, tracker });
    expect(stop.signal.aborted).toBe(true);
    expectSame(stopped, whole);
    expect(stopped.summary.finished).toBe(true);
    expect([...stopped.lines, formatTrainingSummary(stopped.summary)].join('\n')).not.toMatch(
      /Stopped|goes on/,
    );
  }
  const again = await train(params);
  expect(again.summary).toMatchObject({ finished: true, resumed_from: null });
}, 60_000);
