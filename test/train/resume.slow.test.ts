import { expect, it } from 'vitest';
import { expectSameInParts } from '../support/resume-chains.ts';
import { testParams } from '../support/test-params.ts';
import { forgetRuns, stopsAtLook, train, useTinyRuns } from '../support/training-runs.ts';

const runs = useTinyRuns({ train: 5, valid: 3, test: 1 });

it('gives the same bits wherever a compiled run is stopped', async () => {
  const { signal, looks } = stopsAtLook(Number.POSITIVE_INFINITY);
  const params = runs.params({ epochs: 2, spike_factor: 1.01 });
  await forgetRuns(params);
  await train(params, { signal });
  expect(looks()).toBeGreaterThan(10);
  for (let look = 1; look <= looks(); look++) await expectSameInParts(runs, {}, [look]);
}, 1_800_000);

/** A random backbone, a pass frozen and one not. */
const { transfer } = testParams('').train;
const twoPhases = {
  ...transfer,
  weights: null,
  freeze: { ...transfer.freeze, epochs: 1 },
  fine_tune: { ...transfer.fine_tune, epochs: 1 },
};

it.each([true, false])(
  'gives the same bits across the change of phases (compile %s)',
  async (compile) => {
    const recipe = { compile, model_type: 'transfer' as const, transfer: twoPhases, ema_decay: 0.9 };
    // In the second validation batch of the first phase, at the change, and in the second phase.
    await expectSameInParts(runs, recipe, [7, 4, 4]);
    await expectSameInParts(runs, recipe, [8, 4]);
  },
  900_000,
);
