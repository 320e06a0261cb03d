import { describe, expect, it } from 'vitest';
import { bridgeHoles } from '../../src/masks/bridge-holes.ts';
import { pointInPolygon, signedArea } from '../../src/masks/polygon.ts';
import { createRandom } from '../../src/system/random.ts';

/** Clockwise on the screen. */
function box(x: number, y: number, width: number, height: number): number[] {
  return [x, y, x + width, y, x + width, y + height, x, y + height];
}

function turned(ring: readonly number[]): number[] {
  return Array.from({ length: ring.length / 2 }, (_, i) =>
    ring.slice(ring.length - 2 * i - 2).slice(0, 2),
  ).flat();
}

describe('bridgeHoles', () => {
  it('gives back the outline where there are no holes, clockwise', () => {
    expect(bridgeHoles(box(0, 0, 4, 4), [])).toEqual(box(0, 0, 4, 4));
    expect(signedArea(bridgeHoles(turned(box(0, 0, 4, 4)), []))).toBe(16);
  });

  it('goes down to a hole, round it and back', () => {
    const ring = bridgeHoles(box(0, 0, 10, 10), [box(2, 3, 4, 5)]);
    expect(ring).toEqual([0, 0, 2, 0, 2, 3, 2, 8, 6, 8, 6, 3, 2, 3, 2, 0, 10, 0, 10, 10, 0, 10]);
    expect(signedArea(ring)).toBe(80);
  });

  it('joins a hole below a hole to that one', () => {
    const ring = bridgeHoles(box(0, 0, 10, 10), [box(2, 6, 2, 2), box(1, 1, 4, 3)]);
    expect(signedArea(ring)).toBe(100 - 4 - 12);
    expect(ring.join()).toContain('2,4,2,6');
  });

  it('keeps area and insides for holes of any direction', () => {
    const random = createRandom(3, 'bridge');
    for (let i = 0; i < 200; i++) {
      const holes: number[][] = [];
      for (let cell = 0; cell < 16; cell++) {
        if (random.next() < 0.4) continue;
        const [x, y] = [
          (cell % 4) * 10 + random.uniform(0.1, 3),
          Math.floor(cell / 4) * 10 + random.uniform(0.1, 3),
        ];
        const hole = box(x, y, random.uniform(1, 6), random.uniform(1, 6));
        holes.push(random.next() < 0.5 ? hole : turned(hole));
      }
      const outer = box(0, 0, 40, 40);
      const ring = bridgeHoles(random.next() < 0.5 ? outer : turned(outer), holes);
      const expected = 1600 - holes.reduce((sum, hole) => sum + Math.abs(signedArea(hole)), 0);
      expect(signedArea(ring)).toBeCloseTo(expected, 8);
      for (let k = 0; k < 20; k++) {
        const [x, y] = [random.uniform(0, 40), random.uniform(0, 40)];
        const isInside = !holes.some((hole) => pointInPolygon(hole, x, y));
        expect(pointInPolygon(ring, x, y)).toBe(isInside);
      }
    }
  });

  it('keeps the even-odd rule for a hole that is not inside', () => {
    const ring = bridgeHoles(box(0, 0, 4, 4), [box(10, -5, 2, 2)]);
    expect(pointInPolygon(ring, 11, -4)).toBe(true);
    expect(pointInPolygon(ring, 2, 2)).toBe(true);
    expect(pointInPolygon(ring, 8, 0)).toBe(false);
  });
});
