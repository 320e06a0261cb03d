import { describe, expect, it } from 'vitest';
import { buildingRates, ratesOf } from '../../../src/evaluate/outcome/rates.ts';

describe('ratesOf', () => {
  it('is worked out by hand: 3 of 4 buildings, 3 of 6 detections', () => {
    const tally = { buildings: 4, detections: 6, hits: 3, hitIou: 2.4, merged: 2, split: 1 };
    expect(ratesOf(tally)).toEqual({
      precision: 3 / 6,
      recall: 3 / 4,
      f1: 3 / (3 + 3 / 2 + 1 / 2),
      panoptic_quality: 2.4 / (3 + 3 / 2 + 1 / 2),
      merged_rate: 2 / 4,
      split_rate: 1 / 4,
    });
  });

  it('is null where there is nothing to measure it on', () => {
    const none = { buildings: 0, detections: 0, hits: 0, hitIou: 0, merged: 0, split: 0 };
    const rates = ['precision', 'recall', 'f1', 'panoptic_quality', 'merged_rate', 'split_rate'];
    expect(ratesOf(none)).toEqual(Object.fromEntries(rates.map((rate) => [rate, null])));
    expect(ratesOf({ ...none, buildings: 1 })).toMatchObject({ precision: null, recall: 0, f1: 0 });
    expect(ratesOf({ ...none, detections: 1 })).toMatchObject({ precision: 0, recall: null, f1: 0 });
  });
});

describe('buildingRates', () => {
  it('needs buildings alone', () => {
    expect(buildingRates({ buildings: 8, hits: 2, merged: 4, split: 1 })).toEqual({
      recall: 2 / 8,
      merged_rate: 4 / 8,
      split_rate: 1 / 8,
    });
  });
});
