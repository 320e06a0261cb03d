import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../../src/data/doctor/building-outline.ts';
import { findSameBuildings } from '../../../src/data/doctor/same-buildings.ts';

const FRAME = { width: 100, height: 100 };
const box = (x: number, y: number, width: number, height: number) =>
  outlineOf([[x, y, x + width, y, x + width, y + height, x, y + height]]);

describe('findSameBuildings', () => {
  it('names the later one, with the IoU of the masks', () => {
    const outlines = [box(10, 10, 20, 20), box(60, 10, 20, 20), box(11, 10, 20, 20)];
    expect(findSameBuildings(outlines, FRAME, 0.9)).toEqual([{ place: 2, as: 0, iou: 380 / 420 }]);
    expect(findSameBuildings(outlines, FRAME, 0.91)).toEqual([]);
  });

  it('holds nothing against one that is left out', () => {
    // Each is 95% of the one before: the third is like the second only.
    const outlines = [box(0, 0, 100, 40), box(0, 0, 95, 40), box(0, 0, 90, 40)];
    expect(findSameBuildings(outlines, FRAME, 0.93)).toEqual([{ place: 1, as: 0, iou: 0.95 }]);
  });

  it('finds equal outlines, however the limit is set', () => {
    expect(findSameBuildings([box(5, 5, 9, 9), box(5, 5, 9, 9)], FRAME, 1)).toHaveLength(1);
  });

  it('keeps a building on another, and neighbours', () => {
    const outlines = [box(0, 0, 40, 40), box(10, 10, 20, 20), box(40, 0, 40, 40)];
    expect(findSameBuildings(outlines, FRAME, 0.5)).toEqual([]);
  });

  it('compares masks, not boxes', () => {
    const [upper, lower] = [outlineOf([[0, 0, 40, 0, 0, 40]]), outlineOf([[40, 40, 40, 0, 0, 40]])];
    expect(findSameBuildings([upper, lower], FRAME, 0.3)).toEqual([]);
  });
});
