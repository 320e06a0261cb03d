import { describe, expect, it } from 'vitest';
import { type ColorChange, colorMap, lumaOf, randomColorChange } from '../../../src/data/augment/color.ts';
import { createRandom } from '../../../src/system/random.ts';

const NONE: ColorChange = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };
const COLORS = [
  [0, 0, 0],
  [255, 255, 255],
  [200, 30, 90],
  [12, 180, 77],
  [60, 61, 240],
] as const;
const GREY = [100, 100, 100] as const;

function changed(change: Partial<ColorChange>, [r, g, b]: readonly [number, number, number], mean = 100) {
  const { matrix, offset } = colorMap({ ...NONE, ...change }, mean);
  const row = (i: number) => matrix[i]! * r + matrix[i + 1]! * g + matrix[i + 2]! * b + offset;
  return [row(0), row(3), row(6)] as const;
}
function expectClose(actual: readonly number[], expected: readonly number[], digits = 9) {
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, digits);
  });
}

describe('colorMap', () => {
  it('is the identity where nothing changes', () => {
    for (const color of COLORS) expectClose(changed({}, color), color);
  });
  it('brightness 1.2 makes everything 1.2 times as bright', () => {
    expectClose(changed({ brightness: 1.2 }, [200, 30, 90]), [240, 36, 108]);
  });
  it('contrast 1.5 moves everything half as far again from the mean', () => {
    expectClose(changed({ contrast: 1.5 }, [200, 30, 90], 100), [250, -5, 85]);
  });
  it('contrast leaves the mean where it is', () => {
    expectClose(changed({ contrast: 0.3 }, GREY, 100), GREY);
  });
  it('saturation 0 leaves the luma only', () => {
    const luma = 0.299 * 200 + 0.587 * 30 + 0.114 * 90;
    expectClose(changed({ saturation: 0 }, [200, 30, 90]), [luma, luma, luma]);
  });
  it('saturation 2 doubles the distance from grey', () => {
    const luma = lumaOf([200, 30, 90]);
    expectClose(changed({ saturation: 2 }, [200, 30, 90]), [400 - luma, 60 - luma, 180 - luma]);
  });
  it('hue by half a turn gives the opposite colour of the same luma', () => {
    const luma = lumaOf([200, 30, 90]);
    expectClose(changed({ hue: 0.5 }, [200, 30, 90]), [2 * luma - 200, 2 * luma - 30, 2 * luma - 90]);
  });
  it('hue and saturation leave luma and greys alone', () => {
    for (const hue of [-0.4, 0.07, 0.25]) {
      for (const color of COLORS) {
        expect(lumaOf(changed({ hue, saturation: 1.7 }, color))).toBeCloseTo(lumaOf(color), 9);
      }
      expectClose(changed({ hue, saturation: 1.7 }, GREY), GREY);
    }
  });
  it('hue turns: there and back is nothing, and a quarter in U and V is what the formula says', () => {
    const there = changed({ hue: 0.13 }, [200, 30, 90]);
    expectClose(changed({ hue: -0.13 }, there), [200, 30, 90]);
    const uv = ([r, g, b]: readonly [number, number, number]) => {
      const y = lumaOf([r, g, b]);
      return [0.493 * (b - y), 0.877 * (r - y)] as const;
    };
    const [u, v] = uv([200, 30, 90]);
    expectClose(uv(changed({ hue: 0.25 }, [200, 30, 90])), [-v, u]);
  });
  it('is the four one after the other, in any order', () => {
    const all = { brightness: 0.8, contrast: 1.3, saturation: 0.6, hue: 0.2 };
    const color = [200, 30, 90] as const;
    const mean = 100;
    const forth = changed(
      { brightness: 0.8 },
      changed({ contrast: 1.3 }, changed({ saturation: 0.6 }, changed({ hue: 0.2 }, color)), mean),
    );
    // A picture that is darker by then has a darker mean.
    const back = changed(
      { hue: 0.2 },
      changed(
        { saturation: 0.6 },
        changed({ contrast: 1.3 }, changed({ brightness: 0.8 }, color), 0.8 * mean),
      ),
    );
    expectClose(changed(all, color, mean), forth);
    expectClose(forth, back);
  });
});

describe('randomColorChange', () => {
  const STRENGTHS = { brightness: 0.2, contrast: 0.3, saturation: 0.4, hue: 0.05 };

  it('is nothing where all strengths are 0', () => {
    expect(
      randomColorChange({ brightness: 0, contrast: 0, saturation: 0, hue: 0 }, createRandom(1)),
    ).toBeNull();
  });
  it('goes as far as the strengths say, both ways', () => {
    const random = createRandom(1);
    const drawn = Array.from({ length: 2000 }, () => randomColorChange(STRENGTHS, random)!);
    for (const [key, middle] of Object.entries(NONE) as [keyof ColorChange, number][]) {
      const values = drawn.map((change) => change[key]);
      const strength = STRENGTHS[key];
      expect(Math.min(...values)).toBeGreaterThanOrEqual(middle - strength);
      expect(Math.min(...values)).toBeLessThan(middle - 0.98 * strength);
      expect(Math.max(...values)).toBeLessThanOrEqual(middle + strength);
      expect(Math.max(...values)).toBeGreaterThan(middle + 0.98 * strength);
    }
  });
  it('draws each whether the others are on or not', () => {
    const all = randomColorChange(STRENGTHS, createRandom(7))!;
    const hueOnly = randomColorChange(
      { brightness: 0, contrast: 0, saturation: 0, hue: 0.05 },
      createRandom(7),
    )!;
    expect(hueOnly).toEqual({ brightness: 1, contrast: 1, saturation: 1, hue: all.hue });
  });
});
