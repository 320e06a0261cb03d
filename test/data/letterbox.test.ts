import { describe, expect, it } from 'vitest';
import { fitLetterbox } from '../../src/data/letterbox.ts';

describe('fitLetterbox', () => {
  it.each([
    [500, 500, { scale: 0.512, width: 256, height: 256 }],
    [512, 256, { scale: 0.5, width: 256, height: 128 }],
    [100, 300, { scale: 256 / 300, width: 85, height: 256 }],
    [4000, 1, { scale: 0.064, width: 256, height: 1 }],
  ])('fits %i x %i into 256', (width, height, expected) => {
    expect(fitLetterbox({ width, height }, 256)).toEqual(expected);
  });
});
