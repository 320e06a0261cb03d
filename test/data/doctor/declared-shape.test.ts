import { describe, expect, it } from 'vitest';
import { checkDeclared } from '../../../src/data/doctor/declared-shape.ts';

/** An L of 300 square pixels in a box of 20 x 20. */
const L = [[10, 10, 20, 10, 20, 20, 30, 20, 30, 30, 10, 30]];

const check = (box: unknown, area: unknown) => checkDeclared({ box, area }, [L, L]);
const SOUND = { box: null, area: null, isAreaOfBox: false };

describe('checkDeclared', () => {
  it.each([
    ['nothing', null, null],
    ['what fits', [10, 10, 20, 20], 300],
    ['what is counted in pixels and not between their lines', [10, 10, 21, 21], 315],
    ['a box that is rounded', [8.1, 10, 21.5, 20], 300],
  ])('accepts %s', (_name, box, area) => {
    expect(check(box, area)).toEqual(SOUND);
  });

  it.each([
    ['moved', [14, 10, 20, 20], /^its box is 14, 10, 20, 20, that of its outline 10, 10, 20, 20/],
    ['too wide', [10, 10, 24, 20], /^its box is 10, 10, 24, 20/],
    ['as corners', [10, 10, 30, 30], /^its box is/],
    ['of three numbers', [10, 10, 20], /^its box is not four numbers$/],
    ['of texts', ['10', '10', '20', '20'], /^its box is not four numbers$/],
  ])('names a box %s', (_name, box, detail) => {
    const { box: fault, area } = check(box, 300);
    expect(fault!.detail).toMatch(detail);
    expect(area).toBeNull();
  });

  it('names the worse box as worse', () => {
    expect(check([40, 10, 20, 20], null).box!.severity).toBe(1);
    expect(check([14, 10, 20, 20], null).box!.severity).toBeCloseTo(1 - 320 / 480, 9);
  });

  it.each([200, 0, -5, 900, Number.NaN, '300'])('names the area %j', (area) => {
    const found = check([10, 10, 20, 20], area);
    expect(found.area!.detail).toMatch(/area/);
    expect(found.area!.severity).toBeGreaterThan(0.3);
    expect(found.isAreaOfBox).toBe(false);
  });

  it("takes the box's area for a habit", () => {
    expect(check([10, 10, 20, 20], 400)).toEqual({ ...SOUND, isAreaOfBox: true });
    expect(check(null, 400)).toEqual({ ...SOUND, isAreaOfBox: true });
  });

  it('accepts what fits the outline before or after it was cut', () => {
    const [read, kept] = [[[-20, 0, 20, 0, 20, 20, -20, 20]], [[0, 0, 20, 0, 20, 20, 0, 20]]];
    expect(checkDeclared({ box: [-20, 0, 40, 20], area: 800 }, [read, kept])).toEqual(SOUND);
    expect(checkDeclared({ box: [0, 0, 20, 20], area: 400 }, [read, kept])).toEqual(SOUND);
    expect(checkDeclared({ box: [-10, 0, 30, 20], area: 600 }, [read, kept])).toMatchObject({
      box: { detail: expect.stringContaining('-10, 0, 30, 20') },
    });
  });
});
