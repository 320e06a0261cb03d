import { describe, expect, it } from 'vitest';
import type { View } from '../../../src/data/augment/view.ts';
import { visibleCrowds, visibleOutlines, wholeOutlines } from '../../../src/data/augment/view-outlines.ts';
import type { Building } from '../../../src/data/prepared.ts';
import { polygonArea, polygonsBox } from '../../../src/masks/polygon.ts';

/** Pixels 10–30 across and 0–20 down, twice as large, at (4, 8) of the square. */
const VIEW: View = {
  window: { left: 10, top: 0, width: 20, height: 20 },
  place: { left: 4, top: 8, width: 40, height: 40 },
};
const building = (...polygons: number[][]): Building => ({
  id: 1,
  polygons,
  box: polygonsBox(polygons),
  area: polygons.reduce((sum, ring) => sum + polygonArea(ring), 0),
});
const rectangle = (x1: number, y1: number, x2: number, y2: number) => [x1, y1, x2, y1, x2, y2, x1, y2];

describe('visibleOutlines', () => {
  const shown = (one: Building, minVisible: number) => visibleOutlines([one], VIEW, minVisible);

  it('moves a building by the numbers of the pixels', () => {
    expect(shown(building([12, 3, 20, 3, 15, 9]), 1)).toEqual([[[8, 14, 24, 14, 14, 26]]]);
  });
  it('cuts one where the view ends', () => {
    // 20 x 10 of which 10 x 10 are left.
    const [rings] = shown(building(rectangle(0, 2, 20, 12)), 0.5);
    expect(rings).toHaveLength(1);
    expect(polygonsBox(rings!)).toEqual([12, 4, 32, 24]);
    expect(polygonArea(rings![0]!)).toBe(400);
  });
  it('drops one of which less is left than asked, whatever its size', () => {
    const half = building(rectangle(0, 2, 20, 12));
    expect(shown(half, 0.5)).toHaveLength(1);
    expect(shown(half, 0.51)).toEqual([]);
    const tenth = building(rectangle(0, 0, 11, 20));
    expect(shown(tenth, 0.09)).toHaveLength(1);
    expect(shown(tenth, 0.1)).toEqual([]);
  });
  it('counts all parts of a building together', () => {
    // 100 outside, 100 inside.
    const twoParts = building(rectangle(0, 0, 10, 10), rectangle(12, 0, 22, 10));
    expect(shown(twoParts, 0.5)).toEqual([[rectangle(8, 8, 28, 28)]]);
    expect(shown(twoParts, 0.51)).toEqual([]);
  });
  it('keeps both parts that the cut makes of one', () => {
    // A U that opens to the right of x = 6; the view begins at 10 and sees its two arms only.
    const u = building([4, 2, 20, 2, 20, 6, 6, 6, 6, 10, 20, 10, 20, 14, 4, 14]);
    const [rings] = shown(u, 0.25);
    expect(rings!.map((ring) => polygonsBox([ring])).sort((a, b) => a[0] - b[0])).toEqual([
      [12, 4, 20, 24],
      [28, 4, 36, 24],
    ]);
  });
  it('drops one that is outside, also with a share of 0', () => {
    expect(shown(building(rectangle(0, 0, 10, 20)), 0)).toEqual([]);
    expect(shown(building(rectangle(40, 40, 50, 50)), 0)).toEqual([]);
  });
  it('drops what is less than a pixel of a cut building, and keeps it of a whole one', () => {
    expect(shown(building(rectangle(0, 0, 10.1, 2)), 0)).toEqual([]);
    expect(shown(building(rectangle(12, 0, 12.1, 2)), 0)).toHaveLength(1);
  });
  it('cuts one larger than the view to the view', () => {
    const [rings] = shown(building(rectangle(-1e6, -1e6, 1e6, 1e6)), 0);
    polygonsBox(rings!).forEach((side, i) => {
      expect(side).toBeCloseTo([8, 4, 48, 44][i]!, 6);
    });
    expect(shown(building(rectangle(-1e6, -1e6, 1e6, 1e6)), 0.25)).toEqual([]);
  });
  it('keeps the order, and gives nothing for nothing', () => {
    const all = [rectangle(12, 1, 14, 2), rectangle(0, 0, 1, 1), rectangle(20, 5, 25, 6)];
    const outlines = visibleOutlines(
      all.map((ring) => building(ring)),
      VIEW,
      0.25,
    );
    expect(outlines.map((rings) => polygonsBox(rings)[1])).toEqual([8, 24]);
    expect(visibleOutlines([], VIEW, 0)).toEqual([]);
  });
});

describe('visibleOutlines of a building with a courtyard', () => {
  /** 20 x 12 around 8 x 4, joined by a doubled line from (6, 2) down to the courtyard at (6, 6). */
  const ring = [0, 2, 6, 2, 6, 6, 6, 10, 14, 10, 14, 6, 6, 6, 6, 2, 20, 2, 20, 14, 0, 14];
  const court = building(ring);
  const view = (left: number, top: number, width: number, height: number): View => ({
    window: { left, top, width, height },
    place: { left: 0, top: 0, width, height },
  });
  const areaOf = (outlines: number[][][]) =>
    outlines.flat().reduce((sum, part) => sum + polygonArea(part), 0);

  it.each([
    ['through the doubled line', view(0, 4, 20, 10), 20 * 10 - 32],
    ['along the upper edge of the courtyard', view(0, 6, 20, 8), 20 * 8 - 32],
    ['along the doubled line', view(6, 0, 14, 14), 14 * 12 - 32],
    ['through the courtyard', view(0, 8, 20, 20), 20 * 6 - 16],
    ['around the courtyard', view(6, 6, 8, 4), 0],
    ['in all four sides', view(1, 3, 18, 10), 180 - 32],
  ])('keeps it open when it is cut %s', (_, cut, area) => {
    expect(areaOf(visibleOutlines([court], cut, 0))).toBe(area);
  });
  it('measures what is left without it', () => {
    // 168 of 208 are left; with the courtyard filled it would be 200.
    const cut = view(0, 4, 20, 10);
    expect(visibleOutlines([court], cut, 168 / 208)).toHaveLength(1);
    expect(visibleOutlines([court], cut, 169 / 208)).toEqual([]);
  });
});

describe('visibleCrowds', () => {
  it('moves and cuts them like buildings, however little of them shows', () => {
    const crowds = [[rectangle(-80, 2, 12, 12), rectangle(50, 0, 60, 5)], [rectangle(0, 0, 9, 9)]];
    const [rings, ...others] = visibleCrowds(crowds, VIEW);
    expect([rings!.length, ...polygonsBox(rings!)]).toEqual([1, 12, 4, 32, 8]);
    expect(others).toEqual([]);
    expect(visibleCrowds([], VIEW)).toEqual([]);
  });
});

describe('wholeOutlines', () => {
  it.each([
    ['inside', rectangle(11, 1, 29, 19), 1],
    ['at the left border', rectangle(10, 1, 29, 19), 0],
    ['at the upper border', rectangle(11, 0, 29, 19), 0],
    ['at the right border', rectangle(11, 1, 30, 19), 0],
    ['at the lower border', rectangle(11, 1, 29, 20), 0],
    ['over the border', rectangle(5, 1, 29, 19), 0],
    ['outside', rectangle(40, 1, 45, 19), 0],
  ])('%s', (_, ring, count) => {
    expect(wholeOutlines([building(ring)], VIEW)).toHaveLength(count);
  });
  it('moves them by the numbers of the pixels', () => {
    expect(wholeOutlines([building([12, 3, 20, 3, 15, 9])], VIEW)).toEqual([[[8, 14, 24, 14, 14, 26]]]);
  });
});
