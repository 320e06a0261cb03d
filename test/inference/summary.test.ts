import { describe, expect, it } from 'vitest';
import { evaluateImages } from '../../src/evaluate/evaluate-images.ts';
import type { Metrics } from '../../src/evaluate/metrics.ts';
import type { ErrorFigures } from '../../src/evaluate/tide/tide-figures.ts';
import { formatInferenceSummary, type InferenceSummary } from '../../src/inference/summary.ts';

const { metrics: nothing } = await evaluateImages([], { maxDetections: 100, scoreThreshold: 0.425 });
const noErrors = Object.fromEntries(Object.keys(nothing.errors).map((kind) => [kind, 0])) as unknown;

function linesFor(metrics: Partial<Metrics>, more: Partial<InferenceSummary> = {}): string[] {
  const files = { metrics_file: 'm', predictions_file: 'p', report_file: 'runs/report.html' };
  const summary = { folder: 'runs', pictures: 3, ...files, threshold_source: 'trained', ...more } as const;
  return formatInferenceSummary({ ...summary, metrics: { ...nothing, ...metrics } }).split('\n');
}

describe('formatInferenceSummary', () => {
  it('shows figures with their intervals, merged and split in percent', () => {
    const intervals = Object.fromEntries(
      ['mask_ap', 'merged_rate', 'f1'].map((key) => [key, { low: 0.1, high: 0.3 }]),
    ) as Metrics['intervals'];
    const lines = linesFor({
      images: 48,
      buildings: 240,
      mask: { ...nothing.mask, ap: 0.2, ap50: 0.4 },
      precision: 0.75,
      f1: 0.5,
      merged: { buildings: 36, detections: 15, rate: 0.15 },
      split: { buildings: 0, detections: 0, rate: 0 },
      intervals,
    });
    expect(lines[0]).toBe('On test (48 images, 240 buildings; in brackets: 95 % intervals):');
    expect(lines[1]).toBe('  mask mAP 0.200 [0.100–0.300], mAP50 0.400');
    expect(lines[5]).toBe('  precision 0.750, recall -, F1 0.500 [0.100–0.300]');
    expect(lines[6]).toBe(
      '  merged 15.0 % [10.0–30.0] of the buildings (36), split 0.0 % of the buildings (0)',
    );
    expect(lines.at(-2)).toBe('Report: runs/report.html');
  });

  it('says where the threshold comes from', () => {
    expect(linesFor({})[4]).toBe('From score 0.425 on (chosen in training, where F1 on valid is highest):');
    expect(linesFor({}, { threshold_source: 'params' })[4]).toMatch(/\(inference\.score_threshold\)/);
    expect(linesFor({}, { threshold_source: 'default' })[4]).toMatch(
      /\(for want of one chosen in training\)/,
    );
  });

  it('names the largest error, and none where there is none', () => {
    const errors = { ...(noErrors as ErrorFigures), missed: 0.02, localisation: 0.125, false_positive: 0.5 };
    expect(linesFor({ errors })).toContain(
      'Largest error: badly outlined buildings; without them, mask mAP50 would be 0.125 higher',
    );
    expect(linesFor({ errors: noErrors as ErrorFigures }).join()).not.toContain('Largest error');
    expect(linesFor({}).join()).not.toContain('Largest error');
  });

  it('shows a dash for what is undefined', () => {
    expect(linesFor({})[0]).toBe('On test (0 images, 0 buildings):');
    expect(linesFor({})[6]).toBe('  merged -, split -');
  });
});
