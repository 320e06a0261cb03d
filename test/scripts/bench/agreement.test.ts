import { describe, expect, it } from 'vitest';
import { assertAgree } from '../../../scripts/bench/agreement.ts';

describe('assertAgree', () => {
  it('allows the tolerance, null for null, and more on our side', () => {
    expect(() => assertAgree({ ap: 0.5, ar: null, iou: 1 }, { ap: 0.5000005, ar: null }, 1e-6)).not.toThrow();
  });

  it.each([
    ['a difference', { mask: { ap: 0.500002 } }],
    ['a number that is none', { mask: { ap: Number.NaN } }],
    ['null', { mask: { ap: null } }],
    ['a missing value', { mask: {} }],
    ['a missing group', {}],
  ])('names the place of %s', (_, ours) => {
    expect(() => assertAgree(ours, { mask: { ap: 0.5 } }, 1e-6)).toThrow('disagree: mask.ap is');
  });
});
