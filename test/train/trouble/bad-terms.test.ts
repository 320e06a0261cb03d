import { describe, expect, it } from 'vitest';
import type { StepFigures } from '../../../src/train/engine/step-figures.ts';
import { badTerms } from '../../../src/train/trouble/bad-terms.ts';

const sound: StepFigures = {
  losses: { objectness: 0.5, rpnBox: 0, class: 0.25, box: 0.125, focal: 0, dice: 0.5, total: 1.375 },
  gradientNorm: 5,
  gradientNorms: { backbone: 3, rpn: 4 },
  updateRatios: { backbone: 0.001, rpn: 0 },
  applied: true,
};

describe('badTerms', () => {
  it('finds nothing in finite numbers, zero included', () => {
    expect(badTerms(sound, 'float32')).toEqual([]);
  });
  it('names the terms of the loss first, then their sum, the gradient and the update', () => {
    const figures = {
      ...sound,
      losses: { ...sound.losses, dice: Number.NaN, total: Number.NaN },
      gradientNorm: Number.POSITIVE_INFINITY,
      gradientNorms: { backbone: 3, rpn: Number.POSITIVE_INFINITY },
      updateRatios: { backbone: Number.NEGATIVE_INFINITY, rpn: 0 },
    };
    expect(badTerms(figures, 'bfloat16')).toEqual([
      { name: 'dice', value: Number.NaN },
      { name: 'total', value: Number.NaN },
      { name: 'gradientNorm', value: Number.POSITIVE_INFINITY },
      { name: 'gradientNorm/rpn', value: Number.POSITIVE_INFINITY },
      { name: 'updateRatio/backbone', value: Number.NEGATIVE_INFINITY },
    ]);
  });
  it('lets gradients overflow in float16, and nothing else', () => {
    const overflow = {
      ...sound,
      gradientNorm: Number.NaN,
      gradientNorms: { backbone: 3, rpn: Number.POSITIVE_INFINITY },
      applied: false,
    };
    expect(badTerms(overflow, 'float16')).toEqual([]);
    expect(badTerms(overflow, 'float32')).toHaveLength(2);
    const lost = { ...overflow, losses: { ...sound.losses, total: Number.POSITIVE_INFINITY } };
    expect(badTerms(lost, 'float16')).toEqual([{ name: 'total', value: Number.POSITIVE_INFINITY }]);
  });
});
