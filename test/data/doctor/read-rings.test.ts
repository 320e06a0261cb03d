import { describe, expect, it } from 'vitest';
import { readRings } from '../../../src/data/doctor/read-rings.ts';

const FRAME = { width: 40, height: 20 };

function circle(points: number): number[] {
  return Array.from({ length: points }, (_, i) => [
    10 + 5 * Math.cos((2 * Math.PI * i) / points),
    10 + 5 * Math.sin((2 * Math.PI * i) / points),
  ]).flat();
}

describe('readRings', () => {
  it('makes pixels of shares', () => {
    const outline = { kind: 'polygons', rings: [[0, 0, 0.5, 0.5, 1, 0.25]], unit: 'shares' } as const;
    expect(readRings(outline, FRAME)).toEqual({ rings: [[0, 0, 20, 10, 40, 5]], unreadable: [] });
  });

  it('leaves out an outline of so many points that mending it would take minutes', () => {
    const read = (...points: number[]) =>
      readRings({ kind: 'polygons', rings: points.map(circle), unit: 'pixels' }, FRAME);
    expect(read(5000).rings).toHaveLength(1);
    expect(read(3000, 2001)).toEqual({
      rings: [],
      unreadable: ['its outline has 5001 points, more than 5000'],
    });
  });
});
