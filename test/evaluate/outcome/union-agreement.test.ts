import { describe, expect, it } from 'vitest';
import { countUnionPixels, unionAgreement } from '../../../src/evaluate/outcome/union-agreement.ts';
import { encodeRle, type Rle } from '../../../src/masks/rle.ts';

const row = (pixels: string) =>
  encodeRle(
    Uint8Array.from(pixels, (p) => (p === '#' ? 1 : 0)),
    1,
    pixels.length,
  );

const agreementOf = (truth: Rle[], found: Rle[]) => unionAgreement(countUnionPixels(truth, found));

describe('countUnionPixels', () => {
  it('counts the pixels of either side and of both', () => {
    const [truth, found] = [[row('##....'), row('.###..')], [row('..####')]];
    expect(countUnionPixels(truth, found)).toEqual({ both: 2, truth: 4, found: 4 });
    expect(countUnionPixels(truth, [])).toEqual({ both: 0, truth: 4, found: 0 });
  });

  it('counts no pixel of a crowd region', () => {
    const crowds = [row('..##..')];
    expect(countUnionPixels([row('###...')], [row('.#####')], crowds)).toEqual({
      both: 1,
      truth: 2,
      found: 3,
    });
    expect(countUnionPixels([], [row('..#...')], crowds)).toEqual({ both: 0, truth: 0, found: 0 });
  });
});

describe('unionAgreement', () => {
  it('compares the unions, whichever instance a pixel belongs to', () => {
    const agreement = agreementOf([row('##....'), row('..##..')], [row('.####.'), row('....#.')]);
    expect(agreement).toEqual({ iou: 3 / 5, dice: 6 / 8 });
  });

  it('counts a pixel once, however many instances cover it', () => {
    expect(agreementOf([row('##..'), row('##..')], [row('##..')])).toEqual({ iou: 1, dice: 1 });
  });

  it('is 1 for an empty image rightly left empty, also when a mask without pixels stands for it', () => {
    expect(agreementOf([], [])).toEqual({ iou: 1, dice: 1 });
    expect(agreementOf([row('...')], [])).toEqual({ iou: 1, dice: 1 });
  });

  it('is 0 when only one side has buildings', () => {
    expect(agreementOf([row('#..')], [])).toEqual({ iou: 0, dice: 0 });
    expect(agreementOf([], [row('#..')])).toEqual({ iou: 0, dice: 0 });
  });
});
