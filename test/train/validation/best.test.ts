import { describe, expect, it } from 'vitest';
import { isBetter } from '../../../src/train/validation/best.ts';

const rank = (ap: number | null, loss: number | null) => ({ loss, metrics: { mask: { ap } } });

describe('isBetter', () => {
  it.each([
    ['anything is better than nothing', rank(0, 9), null, true],
    ['higher mAP wins, whatever the loss', rank(0.3, 9), rank(0.2, 1), true],
    ['lower mAP loses, whatever the loss', rank(0.1, 1), rank(0.2, 9), false],
    ['the same mAP: the lower loss wins', rank(0, 1), rank(0, 2), true],
    ['the same mAP and loss: the first stays', rank(0, 1), rank(0, 1), false],
    ['an undefined mAP counts as 0', rank(null, 1), rank(0, 2), true],
    ['a loss that is not finite is the worst', rank(0, 9), rank(0, null), true],
    ['two of them: the first stays', rank(0, Number.NaN), rank(0, null), false],
    ['and none is better for it', rank(0, Number.NEGATIVE_INFINITY), rank(0, 9), false],
  ])('%s', (_, candidate, best, expected) => {
    expect(isBetter(candidate, best)).toBe(expected);
  });
});
