import { describe, expect, it } from 'vitest';
import { anchorBoxes } from '../../src/ops/anchors.ts';
import { expectClose } from '../support/tensors.ts';

describe('anchorBoxes', () => {
  it('puts a square at every cell corner, row by row', () => {
    const boxes = anchorBoxes([{ stride: 8, cells: 2, size: 16 }], [1]);
    expectClose(boxes, [-8, -8, 8, 8, -8, 0, 8, 16, 0, -8, 16, 8, 0, 0, 16, 16]);
  });
  it('gives the rounded anchors of torchvision for size 32 and ratios 0.5, 1, 2', () => {
    // AnchorGenerator(((32,),), ((0.5, 1.0, 2.0),)).cell_anchors, as [y1, x1, y2, x2]
    const boxes = anchorBoxes([{ stride: 4, cells: 1, size: 32 }], [0.5, 1, 2]);
    expectClose(boxes, [-11, -23, 11, 23, -16, -16, 16, 16, -23, -11, 23, 11]);
  });
  it('rounds halves to even, as torch does', () => {
    // half height of size 5, ratio 1: 2.5 → 2
    expectClose(anchorBoxes([{ stride: 1, cells: 1, size: 5 }], [1]), [-2, -2, 2, 2]);
    expectClose(anchorBoxes([{ stride: 1, cells: 1, size: 7 }], [1]), [-4, -4, 4, 4]);
  });
  it('lists the levels one after another', () => {
    const levels = [
      { stride: 4, cells: 4, size: 8 },
      { stride: 8, cells: 2, size: 16 },
    ];
    const boxes = anchorBoxes(levels, [0.5, 1, 2]);
    expect(boxes.length).toBe(4 * 3 * (16 + 4));
    expectClose(boxes.subarray(4 * 48 + 4, 4 * 48 + 8), [-8, -8, 8, 8]);
  });
});
