import { describe, expect, it } from 'vitest';
import { type AnchorLevel, anchorBoxes } from '../../src/ops/anchors.ts';
import { golden } from '../support/golden-torch.ts';
import { expectClose } from '../support/tensors.ts';

describe('anchorBoxes', () => {
  it('puts a square at every cell corner, row by row', () => {
    const boxes = anchorBoxes([{ strides: [8, 8], cells: [2, 2], size: 16 }], [1]);
    expectClose(boxes, [-8, -8, 8, 8, -8, 0, 8, 16, 0, -8, 16, 8, 0, 0, 16, 16]);
  });
  it('gives the rounded anchors of torchvision for size 32 and ratios 0.5, 1, 2', () => {
    // AnchorGenerator(((32,),), ((0.5, 1.0, 2.0),)).cell_anchors, as [y1, x1, y2, x2]
    const boxes = anchorBoxes([{ strides: [4, 4], cells: [1, 1], size: 32 }], [0.5, 1, 2]);
    expectClose(boxes, [-11, -23, 11, 23, -16, -16, 16, 16, -23, -11, 23, 11]);
  });
  it('rounds halves to even, as torch does', () => {
    // half height of size 5, ratio 1: 2.5 → 2
    expectClose(anchorBoxes([{ strides: [1, 1], cells: [1, 1], size: 5 }], [1]), [-2, -2, 2, 2]);
    expectClose(anchorBoxes([{ strides: [1, 1], cells: [1, 1], size: 7 }], [1]), [-4, -4, 4, 4]);
  });
  it('has strides and cells of their own on each axis', () => {
    // AnchorGenerator(((8,),), ((0.5, 2.0),)) on an image padded to 64x96 with a map of 1x2, as [y1, x1, y2, x2]
    const boxes = anchorBoxes([{ strides: [64, 48], cells: [1, 2], size: 8 }], [0.5, 2]);
    expectClose(boxes, [-3, -6, 3, 6, -6, -3, 6, 3, -3, 42, 3, 54, -6, 45, 6, 51]);
  });
  it('equals torchvision’s on the coarse levels of an image padded to 64x96', () => {
    const levels: AnchorLevel[] = [
      { strides: [32, 32], cells: [2, 3], size: 64 },
      { strides: [64, 48], cells: [1, 2], size: 128 },
    ];
    expectClose(anchorBoxes(levels, [0.5, 1, 2]), golden.anchors.boxes);
  });
  it('lists the levels one after another', () => {
    const levels: AnchorLevel[] = [
      { strides: [4, 4], cells: [4, 4], size: 8 },
      { strides: [8, 8], cells: [2, 2], size: 16 },
    ];
    const boxes = anchorBoxes(levels, [0.5, 1, 2]);
    expect(boxes.length).toBe(4 * 3 * (16 + 4));
    expectClose(boxes.subarray(4 * 48 + 4, 4 * 48 + 8), [-8, -8, 8, 8]);
  });
});
