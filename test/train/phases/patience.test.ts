import { describe, expect, it } from 'vitest';
import { isOutOfPatience, validationsWithoutGain } from '../../../src/train/phases/patience.ts';
import { isBetter, type Rank } from '../../../src/train/validation/best.ts';

/** The validation after which a phase is over, 1 for the first; null = it goes on. */
function endOf(validations: readonly [ap: number | null, loss: number][], patience: number | null) {
  let best: Rank | null = null;
  let without = 0;
  for (const [i, [ap, loss]] of validations.entries()) {
    const rank = { loss, metrics: { mask: { ap } } };
    const better = isBetter(rank, best);
    if (better) best = rank;
    without = validationsWithoutGain(without, better);
    if (isOutOfPatience(without, patience)) return i + 1;
  }
  return null;
}

describe('patience', () => {
  it.each<[string, [number | null, number][], number | null, number | null]>([
    [
      'never ends without it',
      [
        [0.5, 1],
        [0.4, 1],
        [0.4, 1],
        [0.4, 1],
      ],
      null,
      null,
    ],
    [
      'ends after so many in a row without a better model',
      [
        [0.1, 1],
        [0.3, 1],
        [0.2, 1],
        [0.3, 1.1],
        [0.2, 1],
      ],
      3,
      5,
    ],
    [
      'begins anew after a better one',
      [
        [0.1, 1],
        [0.05, 1],
        [0.2, 1],
        [0.1, 1],
      ],
      2,
      null,
    ],
    [
      'of one ends at the first that is not better',
      [
        [0.1, 1],
        [0.1, 2],
      ],
      1,
      2,
    ],
    [
      'goes on while the mAP is 0 and the loss falls',
      [
        [0, 3],
        [0, 2.5],
        [null, 2],
        [0, 1.5],
      ],
      1,
      null,
    ],
    [
      'ends where the mAP is 0 and the loss has stopped to fall',
      [
        [0, 3],
        [0, 2.5],
        [0, 2.6],
        [0, 2.7],
      ],
      2,
      4,
    ],
  ])('%s', (_, validations, patience, expected) => {
    expect(endOf(validations, patience)).toBe(expected);
  });
});
