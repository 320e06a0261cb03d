/** A run that is stopped and gone on with ends as the one that was not, to the last bit. */
import { it } from 'vitest';
import type { Params } from '../../src/params/schema.ts';
import { expectSameInParts } from '../support/resume-chains.ts';
import { useTinyRuns } from '../support/training-runs.ts';

const runs = useTinyRuns({ train: 5, valid: 2, test: 1 });

it.each<[recipe: string, train: Partial<Params['train']>, looks: number[]]>([
  // Before it begins, in the pass, after its last step, in the second pass; `resume.slow.test.ts` stops at all moments.
  ['AdamW, op by op', { compile: false }, [1, 3, 3, 4]],
  [
    'Nesterov, accumulation, averages and three sizes, op by op',
    {
      ...{ compile: false, optimizer: 'sgd', nesterov: true, accumulation_steps: 2, ema_decay: 0.9 },
      image_sizes: [64, 96, 128],
    },
    [3, 4, 5],
  ],
  ['compiled, in bfloat16', { precision: 'bfloat16' }, [4]],
])('with %s', (_, recipe, looks) => expectSameInParts(runs, recipe, looks), 240_000);
