import { describe, expect, it } from 'vitest';
import { compareTwins } from '../../src/reproduce/compare-twins.ts';
import { finishedRun, headline } from './finished-runs.ts';

describe('compareTwins', () => {
  const first = finishedRun({ seed: 17, valid: headline({ mask_ap50: 0.5 }) });

  it('finds equal weights', () => {
    const again = finishedRun({ ...first, again: true, folder: 'again' });
    expect(compareTwins([first, finishedRun({ seed: 18 }), again])).toMatchObject({
      seed: 17,
      folders: ['runs/reproduce/seed-17', 'again'],
      same_weights: true,
      weights_sha256: ['state 17', 'state 17'],
      differences: { valid: { mask_ap50: 0 }, test: null },
    });
  });

  it.each([{ model_sha256: 'other' }, { weights_sha256: 'other' }])('finds that %j differs', (other) => {
    expect(compareTwins([first, { ...first, again: true, ...other }])!.same_weights).toBe(false);
  });

  it('tells how far apart each figure is, whichever is larger', () => {
    const valid = headline({ mask_ap50: 0.75, dice: 0.25, iou: null });
    const again = finishedRun({ ...first, again: true, valid });
    const twins = compareTwins([first, again])!;
    expect(twins.differences.valid).toMatchObject({ mask_ap50: 0.25, dice: 0.25, iou: null, f1: 0 });
  });

  it('does not call two runs without a model the same', () => {
    const none = finishedRun({ seed: 17, model_sha256: null, valid: null });
    const twins = compareTwins([none, { ...none, again: true }])!;
    expect([twins.same_weights, twins.differences.valid]).toEqual([false, null]);
  });

  it('is null where nothing was run twice', () => {
    expect(compareTwins([first, finishedRun({ seed: 18 })])).toBeNull();
  });
});
