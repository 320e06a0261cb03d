import { describe, expect, it } from 'vitest';
import { unionAgreement } from '../../src/evaluate/union-agreement.ts';
import { encodeRle } from '../../src/masks/rle.ts';

const row = (pixels: string) =>
  encodeRle(
    Uint8Array.from(pixels, (p) => (p === '#' ? 1 : 0)),
    1,
    pixels.length,
  );

describe('unionAgreement', () => {
  it('compares the unions, whichever instance a pixel belongs to', () => {
    const agreement = unionAgreement([row('##....'), row('..##..')], [row('.####.'), row('....#.')]);
    expect(agreement).toEqual({ iou: 3 / 5, dice: 6 / 8 });
  });

  it('counts a pixel once, however many instances cover it', () => {
    expect(unionAgreement([row('##..'), row('##..')], [row('##..')])).toEqual({ iou: 1, dice: 1 });
  });

  it('is 1 for an empty image rightly left empty, also when a mask without pixels stands for it', () => {
    expect(unionAgreement([], [])).toEqual({ iou: 1, dice: 1 });
    expect(unionAgreement([row('...')], [])).toEqual({ iou: 1, dice: 1 });
  });

  it('is 0 when only one side has buildings', () => {
    expect(unionAgreement([row('#..')], [])).toEqual({ iou: 0, dice: 0 });
    expect(unionAgreement([], [row('#..')])).toEqual({ iou: 0, dice: 0 });
  });
});
