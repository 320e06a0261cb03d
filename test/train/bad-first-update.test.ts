/** A batch that is not finite before there is much to go back to. */
import { dirname } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { UserError } from '../../src/system/errors.ts';
import { listCheckpoints } from '../../src/train/checkpoint/checkpoint-folder.ts';
import { watchSteps } from '../support/plant-in-session.ts';
import { forgetRuns, train, useTinyRuns } from '../support/training-runs.ts';

const runs = useTinyRuns({ train: 4, valid: 1, test: 1 });
afterEach(() => vi.restoreAllMocks());

it('names the checkpoint of the beginning when the first update is bad, and goes on from it', async () => {
  const params = runs.params({ epochs: 1 });
  await forgetRuns(params);
  watchSteps((run) => run.draw === 1 && run.spoil());
  const failure = await train(params).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserError);
  const advice =
    /^Training stopped at step 1: .* and --resume (\S+step-00000000\.safetensors) --set train\.non_finite\.action=skip$/;
  const [, kept] = advice.exec((failure as UserError).message)!;
  expect(await listCheckpoints(dirname(kept!))).toEqual([{ path: kept, step: 0 }]);
  const skipping = runs.params({ epochs: 1, non_finite: { action: 'skip', most: 1, rate_factor: 1 } });
  const rest = await train(skipping, { resume: kept! });
  expect(rest.summary).toMatchObject({ finished: true, resumed_from: 0, steps: 2 });
  expect(rest.rows.map(({ step }) => step)).toEqual([2, 2]);
}, 60_000);
