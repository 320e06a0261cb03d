/** A run that is stopped and gone on with ends as the one that was not, to the last bit. */
import { expect, it } from 'vitest';
import type { Params } from '../../src/params/schema.ts';
import {
  expectSame,
  forgetRuns,
  type RunResult,
  rowsOf,
  stopsAtLook,
  train,
  useTinyRuns,
} from '../support/training-runs.ts';

const runs = useTinyRuns({ train: 5, valid: 2, test: 1 });

/**
 * At which look at the signal each part stops, in turn; the last part comes to the end. The first look is before the phase;
 * then there is one before each batch, one after the pass, and one for each batch of the validation.
 */
const chains: [recipe: string, train: Partial<Params['train']>, looks: number[]][] = [
  ['AdamW, op by op', { compile: false }, [1, 2, 3, 4, 6, 3]],
  [
    'Nesterov, accumulation, averages and three sizes, op by op',
    {
      ...{ compile: false, optimizer: 'sgd', nesterov: true, accumulation_steps: 2, ema_decay: 0.9 },
      image_sizes: [64, 96, 128],
    },
    [3, 4, 5],
  ],
  ['compiled, in bfloat16', { precision: 'bfloat16' }, [4]],
];

it.each(chains)(
  'with %s',
  async (_, recipe, looks) => {
    const params = runs.params({ ...recipe, epochs: 2, spike_factor: 1.01 });
    await forgetRuns(params);
    const whole = await train(params);
    await forgetRuns(params);
    const parts: RunResult[] = [];
    for (const [i, look] of looks.entries()) {
      // Threads make the same batches; the model is labelled with these params for as long as they are those of the run.
      parts.push(await train(runs.params(params.train, { workers: i % 2 }), stopsAtLook(look)));
    }
    const end = await train(params);
    expect(end.summary.resumed_from).toBe(parts.at(-1)!.summary.steps);
    expect(end.summary.finished).toBe(true);
    expectSame(end, whole);
    expect(rowsOf([...parts, end])).toEqual(whole.rows);
  },
  120_000,
);
