import { describe, expect, it } from 'vitest';
import { type Canvas, paintMask } from '../../src/visualize/paint-mask.ts';
import { detection } from './instances.ts';

const COLOR = [200, 100, 0] as const;
const GREY = 100;

function greyCanvas(side: number): Canvas {
  return { height: side, width: side, pixels: new Uint8Array(side * side * 3).fill(GREY) };
}
const at = ({ pixels, width }: Canvas, y: number, x: number) => [
  ...pixels.slice(3 * (y * width + x), 3 * (y * width + x) + 3),
];
const untouched = [GREY, GREY, GREY];

describe('paintMask', () => {
  it('tints the inside, draws the outline in the colour and a dark line around it', () => {
    const canvas = greyCanvas(192);
    paintMask(canvas, detection([20, 20, 40, 40]).mask, COLOR, 3);
    expect(at(canvas, 90, 90)).toEqual([GREY + 32, GREY, GREY - 32]);
    const outline = at(canvas, 90, 61);
    expect(outline[0]).toBeGreaterThan(175);
    expect(outline[2]).toBeLessThan(25);
    expect(Math.max(...at(canvas, 90, 59))).toBeLessThan(GREY);
    expect(at(canvas, 90, 55)).toEqual(untouched);
    expect(at(canvas, 5, 5)).toEqual(untouched);
  });

  it('draws no outline where the image cuts the building', () => {
    const canvas = greyCanvas(64);
    paintMask(canvas, detection([0, 0, 20, 64]).mask, COLOR, 1);
    for (const [y, x] of [
      [0, 30],
      [10, 0],
      [10, 63],
    ] as const)
      expect(at(canvas, y, x)).toEqual([132, 100, 68]);
    expect(at(canvas, 19, 30)[0]).toBeGreaterThan(180);
  });

  it('shows also a mask of a single pixel', () => {
    const canvas = greyCanvas(192);
    paintMask(canvas, detection([20, 20, 21, 21]).mask, COLOR, 3);
    expect(at(canvas, 61, 61)[0]).toBeGreaterThan(130);
    expect(at(canvas, 61, 61)[2]).toBeLessThan(70);
  });

  it('leaves the canvas as it is for an empty mask', () => {
    const canvas = greyCanvas(64);
    paintMask(canvas, detection([70, 70, 80, 80]).mask, COLOR, 1);
    expect(canvas).toEqual(greyCanvas(64));
  });
});
