import { describe, expect, it } from 'vitest';
import { type CompareResult, formatComparison } from '../../src/commands/compare-table.ts';
import { compareRuns, type SureDifference } from '../../src/evaluate/compare-runs/compare-runs.ts';
import type { IntervalKey } from '../../src/evaluate/intervals/headline-figures.ts';
import { randomImages } from '../evaluate/random-images.ts';

const RUN = { images: randomImages(1, { images: 3, instances: 4, size: 40 }), scoreThreshold: 0.5 };
const OPTIONS = { maxDetections: 100, categories: 1, resamples: 5, seed: 1, changed: 2 };

/** A run held against itself, with some figures as a test wants them. */
async function resultWith(figures: Partial<Record<IntervalKey, SureDifference>>): Promise<CompareResult> {
  const comparison = await compareRuns(RUN, RUN, OPTIONS);
  const run = { score_threshold: 0.5, images_only_here: 0 };
  return {
    a: { folder: 'before', ...run },
    b: { folder: 'after', ...run },
    max_detections: 100,
    resamples: 5,
    seed: 1,
    ...comparison,
    figures: { ...comparison.figures, ...figures },
  };
}

const sure = (low: number, high: number): SureDifference => ({
  a: 0.5,
  b: 0.5 + (low + high) / 2,
  difference: (low + high) / 2,
  interval: { low, high },
  excludes_zero: low > 0 || high < 0,
});

/** The cells of a row. */
const rowOf = (table: string, name: string) =>
  table
    .split('\n')
    .find((line) => line.startsWith(name))!
    .slice(name.length)
    .trim()
    .split(/ {2,}/);

describe('formatComparison', () => {
  it('calls more of a good figure better, and more of a fault worse', async () => {
    const table = formatComparison(
      await resultWith({
        recall: sure(0.01, 0.03),
        precision: sure(-0.03, -0.01),
        merged_rate: sure(0.01, 0.03),
        split_rate: sure(-0.03, -0.01),
        f1: sure(-0.01, 0.03),
      }),
    );
    expect(rowOf(table, 'recall')).toEqual(['0.500', '0.520', '+0.020', '+0.010 to +0.030', 'better']);
    expect(rowOf(table, 'precision')).toEqual(['0.500', '0.480', '-0.020', '-0.030 to -0.010', 'worse']);
    expect(rowOf(table, 'merged buildings').at(-1)).toBe('worse');
    expect(rowOf(table, 'split buildings').at(-1)).toBe('better');
    expect(rowOf(table, 'F1')).toEqual(['0.500', '0.510', '+0.010', '-0.010 to +0.030']);
  });

  it('shows what is undefined as a dash, and no sign before what rounds to 0', async () => {
    const undefinedFigure = { a: null, b: 0.5, difference: null, interval: null, excludes_zero: null };
    const table = formatComparison(
      await resultWith({
        mask_ap: undefinedFigure,
        box_ap: { ...sure(-0.0001, 0.0001), difference: -0.0001 },
      }),
    );
    expect(rowOf(table, 'mask mAP')).toEqual(['-', '0.500', '-', '-']);
    expect(rowOf(table, 'box mAP').slice(2)).toEqual(['0.000', '0.000 to 0.000']);
  });

  it('says why an image became better: what was found, or how it was outlined', async () => {
    const result = await resultWith({});
    const a = {
      panoptic_quality: 0.42,
      hits: 3,
      false_negatives: 2,
      false_positives: 4,
      merged: 2,
      split: 0,
    };
    const found = { ...a, panoptic_quality: 0.62, hits: 5, false_negatives: 0, false_positives: 2 };
    const outlined = { ...a, panoptic_quality: 0.43 };
    const best = [
      { id: 1, name: 'a.png', change: 0.2, a, b: found },
      { id: 2, name: 'b.png', change: 0.01, a, b: outlined },
    ];
    const table = formatComparison({ ...result, changed: { better: 2, worse: 0, best, worst: [] } });
    expect(rowOf(table, '  a.png (1)').at(-1)).toBe('hits 3 -> 5, not found 2 -> 0, wrong detections 4 -> 2');
    expect(rowOf(table, '  b.png (2)').at(-1)).toBe('other outlines of the same buildings');
  });

  it('keeps to its lines whatever an image file is called', async () => {
    const result = await resultWith({});
    const counts = { hits: 1, false_negatives: 0, false_positives: 2, merged: 0, split: 0 };
    const better = {
      a: { panoptic_quality: null, ...counts },
      b: { panoptic_quality: 1, ...counts, hits: 2 },
    };
    const image = { id: 7, name: 'a\nb.png', change: 0.25, ...better };
    const table = formatComparison({
      ...result,
      a: { ...result.a, folder: 'x\u001b[31m' },
      changed: { better: 1, worse: 0, best: [image], worst: [] },
    });
    expect(table).toContain('A  x\\u001b[31m  (score');
    expect(table).toContain('1 image became better, by panoptic quality\n');
    expect(table).toContain('\n0 images became worse\n');
    expect(rowOf(table, '  a\\nb.png (7)')).toEqual(['-', '1.000', '+0.250', 'hits 1 -> 2']);
  });
});
