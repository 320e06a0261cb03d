import { describe, expect, it } from 'vitest';
import { fitLetterbox } from '../../src/data/letterbox.ts';

describe('fitLetterbox', () => {
  it.each([
    [500, 500, { width: 256, height: 256, scaleX: 0.512, scaleY: 0.512 }],
    [512, 256, { width: 256, height: 128, scaleX: 0.5, scaleY: 0.5 }],
    [100, 300, { width: 85, height: 256, scaleX: 0.85, scaleY: 256 / 300 }],
    [4000, 1, { width: 256, height: 1, scaleX: 0.064, scaleY: 1 }],
  ])('fits %i x %i into 256', (width, height, expected) => {
    expect(fitLetterbox({ width, height }, 256)).toEqual(expected);
  });
});
