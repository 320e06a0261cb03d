import { describe, expect, it } from 'vitest';
import { viewOf } from '../../../src/visualize/doctor-page/view.ts';
import { square } from '../../support/source-zips.ts';

const image = { width: 1000, height: 800 };
const whole = { x: 0, y: 0, width: 1000, height: 800 };

describe('viewOf', () => {
  it('is the whole image without outlines, and for large ones', () => {
    expect(viewOf(image, [])).toEqual(whole);
    expect(viewOf(image, [square(100, 100, 500)])).toEqual(whole);
  });

  it('is the surroundings of a small outline: three quarters of its size on each side, or 5 % of the image', () => {
    expect(viewOf(image, [square(400, 300, 100)])).toEqual({ x: 325, y: 225, width: 250, height: 250 });
    expect(viewOf(image, [square(400, 300, 10)])).toEqual({ x: 350, y: 250, width: 110, height: 110 });
    expect(viewOf(image, [square(400, 300, 10), square(420, 300, 10)])).toMatchObject({ x: 350, width: 130 });
  });

  it('ends at the border of the image, or just beyond an outline that goes beyond it', () => {
    expect(viewOf(image, [square(10, 300, 10)])).toEqual({ x: 0, y: 250, width: 70, height: 110 });
    // 20 pixels (2 % of the image) beyond its end at 1040.
    expect(viewOf(image, [square(960, 300, 80)])).toEqual({ x: 900, y: 240, width: 160, height: 200 });
  });

  it('holds the image and the outline where that lies beside it', () => {
    expect(viewOf(image, [square(1100, 300, 50)])).toEqual({ x: 0, y: 0, width: 1170, height: 800 });
  });

  it('is the image alone where the outline is further away than the image is large', () => {
    for (const far of [1e9, -1e9, 2500]) expect(viewOf(image, [square(far, 300, 50)])).toEqual(whole);
  });

  it('ends one image beyond the image for an outline without end', () => {
    expect(viewOf(image, [[-1e12, -1e12, 1e12, -1e12, 1e12, 1e12]])).toEqual({
      ...{ x: -1020, y: -820, width: 3040, height: 2440 },
    });
  });

  it('shows a point', () => {
    expect(viewOf(image, [[400, 300, 400, 300]])).toEqual({ x: 350, y: 250, width: 100, height: 100 });
  });
});
