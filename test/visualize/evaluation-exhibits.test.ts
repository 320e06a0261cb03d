import { describe, expect, it } from 'vitest';
import type { Curves } from '../../src/evaluate/metrics.ts';
import type { BuildingOutcome, DetectionOutcome } from '../../src/evaluate/outcome/outcome.ts';
import { countClasses, curveCharts } from '../../src/visualize/evaluation-exhibits.ts';

const building = (outcome: Partial<BuildingOutcome>): BuildingOutcome => ({
  truth: 0,
  kind: 'hit',
  merged: false,
  split: false,
  detection: 0,
  iou: 1,
  size: 'small',
  area: 9,
  gap: null,
  ...outcome,
});

const detection = (outcome: Partial<DetectionOutcome>): DetectionOutcome => ({
  detection: 0,
  kind: 'hit',
  merges: false,
  piece: false,
  truth: 0,
  iou: 1,
  size: 'small',
  score: 1,
  ...outcome,
});

describe('countClasses', () => {
  it('puts each building and each detection into one row, merged and split before all else', () => {
    const counter = countClasses();
    counter.add({
      buildings: [
        building({}),
        // Large enough to be found although it is merged with its annex.
        building({ merged: true }),
        building({ merged: true, split: true, kind: 'missed' }),
        building({ split: true, kind: 'localisation' }),
      ],
      detections: [
        detection({}),
        detection({ merges: true }),
        detection({ piece: true, kind: 'localisation' }),
        detection({ piece: true, kind: 'duplicate' }),
      ],
    });
    counter.add({
      buildings: [building({ kind: 'missed' }), building({ kind: 'localisation' })],
      detections: [
        ...(['localisation', 'duplicate', 'background', 'background', 'crowd', 'both'] as const).map((kind) =>
          detection({ kind }),
        ),
      ],
    });
    const { columns, rows } = counter.table();
    expect(columns).toEqual([
      'outcome',
      'buildings',
      'detections',
      'share of buildings',
      'share of detections',
    ]);
    expect(rows).toEqual([
      ['found', 1, 1, 1 / 6, 0.1],
      ['merged: several buildings, one detection', 2, 1, 2 / 6, 0.1],
      ['split: one building, several detections', 1, 2, 1 / 6, 0.2],
      ['badly outlined', 1, 1, 1 / 6, 0.1],
      ['wrong category', 0, 1, 0, 0.1],
      ['duplicate', null, 1, null, 0.1],
      ['missed', 1, null, 1 / 6, null],
      ['false alarm', null, 2, null, 0.2],
      ['in a crowd region', null, 1, null, 0.1],
    ]);
  });

  it('has no shares where there is nothing', () => {
    const { rows } = countClasses().table();
    expect(rows[0]).toEqual(['found', 0, 0, null, null]);
  });
});

describe('curveCharts', () => {
  const nothing: Curves = { precision_recall: [{ iou: 0.5, points: [] }], thresholds: [], calibration: [] };

  it('draws each curve over its own axis', () => {
    const charts = curveCharts({
      precision_recall: [
        { iou: 0.5, points: [{ recall: 0, precision: 1 }] },
        { iou: 0.75, points: [{ recall: 0, precision: 0.5 }] },
      ],
      thresholds: [{ score: 0.9, precision: 0.8, recall: 0.3, f1: 0.4 }],
      calibration: [{ low: 0.4, high: 0.5, detections: 7, score: 0.45, precision: 0.6 }],
    });
    const lines = (name: string) => charts[name]!.lines.map(({ name: line, points }) => [line, ...points]);
    expect(Object.keys(charts)).toEqual(['precision_recall', 'thresholds', 'calibration']);
    expect(lines('precision_recall')).toEqual([
      ['IoU 0.5', [0, 1]],
      ['IoU 0.75', [0, 0.5]],
    ]);
    expect(lines('thresholds')).toEqual([
      ['precision', [0.9, 0.8]],
      ['recall', [0.9, 0.3]],
      ['F1', [0.9, 0.4]],
    ]);
    expect(lines('calibration')).toEqual([
      ['precision', [0.45, 0.6]],
      ['diagonal', [0.45, 0.45]],
    ]);
  });

  it('leaves out curves without a point', () => {
    expect(curveCharts(nothing)).toEqual({});
    expect(
      Object.keys(curveCharts({ ...nothing, thresholds: [{ score: 1, precision: 1, recall: 1, f1: 1 }] })),
    ).toEqual(['thresholds']);
  });
});
