import { describe, expect, it } from 'vitest';
import type { BuildingOutcome, DetectionOutcome } from '../../src/evaluate/outcome/outcome.ts';
import { classOfBuilding, classOfDetection } from '../../src/visualize/outcome-classes.ts';

const building: BuildingOutcome = {
  ...{ truth: 0, kind: 'hit', merged: false, split: false, detection: 0, iou: 0.8 },
  ...{ size: 'small', area: 400, gap: null },
};
const detection: DetectionOutcome = {
  ...{ detection: 0, kind: 'hit', merges: false, piece: false, truth: 0, iou: 0.8 },
  ...{ size: 'medium', score: 0.9 },
};

describe('outcome classes', () => {
  it('say first that an outline is shared, then what became of it', () => {
    expect(classOfBuilding(building)).toBe('hit');
    expect(classOfBuilding({ ...building, merged: true, split: true })).toBe('merged');
    expect(classOfBuilding({ ...building, kind: 'missed', split: true })).toBe('split');
    expect(classOfDetection(detection)).toBe('hit');
    expect(classOfDetection({ ...detection, merges: true })).toBe('merged');
    expect(classOfDetection({ ...detection, piece: true, kind: 'localisation' })).toBe('split');
    expect(classOfDetection({ ...detection, kind: 'both' })).toBe('class');
  });
});
