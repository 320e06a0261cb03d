import { describe, expect, it } from 'vitest';
import { cleanOutline, outlineOf } from '../../../src/data/sources/building-outline.ts';
import { polygonArea } from '../../../src/masks/polygon.ts';
import { createRandom } from '../../../src/system/random.ts';
import { square } from '../../support/source-zips.ts';

const frame = { width: 32, height: 24 };

describe('cleanOutline', () => {
  it('computes box and area from the polygons', () => {
    expect(cleanOutline([square(2, 3, 10)], frame, 9)).toEqual({
      polygons: [square(2, 3, 10)],
      box: [3, 2, 13, 12],
      area: 100,
    });
  });

  it('cuts a polygon at the border of the image', () => {
    expect(cleanOutline([square(-5, 20, 10)], frame, 0)).toMatchObject({ box: [20, 0, 24, 5], area: 20 });
  });

  it('keeps all good parts of a building and leaves out the bad ones', () => {
    const outline = cleanOutline([square(0, 0, 4), [1, 1, 2, 2], square(10, 10, 3)], frame, 0);
    expect(outline).toMatchObject({
      polygons: [square(0, 0, 4), square(10, 10, 3)],
      area: 25,
      box: [0, 0, 13, 13],
    });
  });

  it('measures the least area on the whole building, not on its parts', () => {
    expect(cleanOutline([square(0, 0, 2), square(9, 9, 2)], frame, 8)).toMatchObject({ area: 8 });
    expect(cleanOutline([square(0, 0, 2), square(9, 9, 2)], frame, 8.1)).toBe(
      'building: smaller than data.min_area',
    );
  });

  it.each([
    ['no parts', [], 'building: no outline'],
    ['an empty part', [[]], 'building: no outline'],
    ['one point', [[1, 1]], 'building: outline without area'],
    ['a line', [[1, 1, 5, 5]], 'building: outline without area'],
    ['three points on a line', [[1, 1, 3, 3, 5, 5]], 'building: outline without area'],
    ['an odd count of numbers', [[1, 1, 5, 1, 5, 5, 2]], 'building: outline without area'],
    ['a polygon beside the image', [square(40, 0, 5)], 'building: outside the image'],
    ['a polygon that only touches the border', [square(32, 0, 5)], 'building: outside the image'],
    ['infinity', [[1, 1, Infinity, 1, 5, 5]], 'building: outline with numbers that are not finite'],
    ['null', [[1, 1, null, 1, 5, 5]], 'building: outline with numbers that are not finite'],
    ['text', [[1, 1, '5', 1, 5, 5]], 'building: outline with numbers that are not finite'],
  ])('drops %s', (_name, parts, reason) => {
    expect(cleanOutline(parts, frame, 0)).toBe(reason);
  });

  it('never leaves a point outside the image, whatever the polygon', () => {
    const random = createRandom(1, 'outline');
    for (let round = 0; round < 2000; round++) {
      const corners = 3 + random.int(6);
      const polygon = Array.from({ length: 2 * corners }, () => random.uniform(-20, 50));
      const outline = cleanOutline([polygon], frame, 0);
      if (typeof outline === 'string') continue;
      for (const part of outline.polygons) {
        expect(polygonArea(part)).toBeGreaterThan(0);
        for (const [i, value] of part.entries()) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(i % 2 === 0 ? frame.width : frame.height);
        }
      }
    }
  });
});

describe('outlineOf', () => {
  it('adds the areas of the parts and spans them with one box', () => {
    expect(outlineOf([square(0, 0, 2), square(5, 6, 1)])).toMatchObject({ area: 5, box: [0, 0, 7, 6] });
  });
});
