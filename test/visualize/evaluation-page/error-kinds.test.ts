import { describe, expect, it } from 'vitest';
import type {
  BuildingOutcome,
  DetectionOutcome,
  ImageOutcome,
} from '../../../src/evaluate/outcome/outcome.ts';
import {
  errorsOf,
  markOfBuilding,
  markOfDetection,
} from '../../../src/visualize/evaluation-page/error-kinds.ts';
import { errorImages, pageOf } from '../../support/evaluated-images.ts';

const building: BuildingOutcome = {
  ...{ truth: 0, kind: 'hit', merged: false, split: false, detection: 0, iou: 0.8 },
  ...{ size: 'small', area: 400, gap: null },
};
const detection: DetectionOutcome = {
  ...{ detection: 0, kind: 'hit', merges: false, piece: false, truth: 0, iou: 0.8 },
  ...{ size: 'medium', score: 0.9 },
};
const outcome: ImageOutcome = {
  ...{ id: 1, name: 'a.png', origin: null, size: [64, 64], buildings: [], detections: [] },
  pixels: { both: 0, truth: 0, found: 0 },
};

describe('errorsOf', () => {
  it('has each thing that went wrong, with its size', async () => {
    const { cases } = await pageOf(errorImages());
    const listed = cases.map((one) => errorsOf(one.outcome).map(({ kind, size }) => `${kind} ${size}`));
    expect(listed[0]).toEqual([]);
    expect(listed[1]).toEqual(['missed medium', 'background small', 'duplicate small']);
    expect(listed[2]!.filter((text) => text === 'merged small')).toHaveLength(2);
    expect(listed[2]!.filter((text) => text === 'split small')).toHaveLength(1);
  });

  it('counts a badly outlined building and its detection once, another bad detection by itself', () => {
    const buildings = [{ ...building, kind: 'localisation' as const, detection: 3 }];
    const detections = [3, 4].map((i) => ({ ...detection, kind: 'localisation' as const, detection: i }));
    expect(errorsOf({ ...outcome, buildings, detections })).toEqual([
      { kind: 'localisation', size: 'small' },
      { kind: 'localisation', size: 'medium' },
    ]);
  });

  it('takes any wrong category for one, and what lies in a crowd region for none', () => {
    const detections = (['both', 'class', 'crowd'] as const).map((kind, i) => ({
      ...detection,
      kind,
      detection: i,
    }));
    expect(errorsOf({ ...outcome, detections }).map(({ kind }) => kind)).toEqual(['class', 'class']);
  });
});

describe('marks', () => {
  it('show first that an outline is shared, then what became of it', () => {
    expect(markOfBuilding(building)).toBe('hit');
    expect(markOfBuilding({ ...building, merged: true, split: true })).toBe('merged');
    expect(markOfBuilding({ ...building, kind: 'missed', split: true })).toBe('split');
    expect(markOfDetection(detection)).toBe('hit');
    expect(markOfDetection({ ...detection, merges: true })).toBe('merged');
    expect(markOfDetection({ ...detection, piece: true, kind: 'localisation' })).toBe('split');
    expect(markOfDetection({ ...detection, kind: 'both' })).toBe('class');
  });
});
