import { describe, expect, it } from 'vitest';
import { addToSums, machineRow, meanRow, type RowSums, stepRow } from '../../src/train/history.ts';

const figures = {
  losses: { objectness: 1, rpnBox: 2, class: 3, box: 4, focal: 5, dice: 6, total: 7 },
  gradientNorm: 8,
  gradientNorms: { backbone: 9, box: 10 },
  updateRatios: { backbone: 0.001, box: 0.002 },
  applied: true,
};
const report = {
  figures,
  rates: { base: 0.01, stage5: 0.008 },
  imagesPerSecond: 11,
  seconds: { data: 0.5, step: 1.5 },
};

describe('stepRow', () => {
  it('names each figure, by part and by group where there are several', () => {
    expect(stepRow(report, { 'system/memory': 2 })).toEqual({
      'train/loss': 7,
      'train/objectness': 1,
      'train/rpn_box': 2,
      'train/class': 3,
      'train/box': 4,
      'train/focal': 5,
      'train/dice': 6,
      'train/gradient_norm': 8,
      'train/gradient_norm/backbone': 9,
      'train/gradient_norm/box': 10,
      'train/update_ratio/backbone': 0.001,
      'train/update_ratio/box': 0.002,
      'train/learning_rate': 0.01,
      'train/learning_rate/stage5': 0.008,
      'train/images_per_second': 11,
      'time/data': 0.5,
      'time/step': 1.5,
      'system/memory': 2,
    });
  });

  it('has no update ratio where no update was made', () => {
    const row = stepRow({ ...report, figures: { ...figures, applied: false } });
    expect(row).toMatchObject({ 'train/update_ratio/backbone': null, 'train/gradient_norm/backbone': 9 });
  });
});

describe('machineRow', () => {
  it('is in GiB and shares, with a GPU only where there is one', () => {
    expect(machineRow({ memoryBytes: 3 * 2 ** 30, gpu: null })).toEqual({ 'system/memory': 3 });
    expect(machineRow({ memoryBytes: 2 ** 30, gpu: { use: 0.5, memoryBytes: null } })).toEqual({
      'system/memory': 1,
      'system/gpu_memory': null,
      'system/gpu_use': 0.5,
    });
  });
});

describe('meanRow', () => {
  const meanOf = (rows: Record<string, number | null>[]) => {
    const sums: RowSums = {};
    for (const row of rows) addToSums(sums, row);
    return meanRow(sums);
  };

  it('is the mean of each figure over the rows that have a value', () => {
    expect(
      meanOf([
        { a: 1, b: 2 },
        { a: 2, b: null },
        { a: Number.NaN, b: Infinity },
      ]),
    ).toEqual({ a: 1.5, b: 2 });
    expect(meanOf([{ a: null }, { a: Number.NaN, late: 3 }])).toEqual({ a: null, late: 3 });
    expect(meanOf([])).toEqual({});
  });

  it('goes on from sums that lay in a checkpoint, to the same bits', () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({
      loss: Math.fround(Math.sin(i)),
      ratio: i % 3 ? i : null,
    }));
    let sums: RowSums = {};
    for (const [i, row] of rows.entries()) {
      if (i === 23) sums = JSON.parse(JSON.stringify(sums));
      addToSums(sums, row);
    }
    expect(meanRow(sums)).toEqual(meanOf(rows));
  });
});
