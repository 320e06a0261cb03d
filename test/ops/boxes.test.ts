import { describe, expect, it } from 'vitest';
import { decodeBoxes, encodeBoxes, ROI_BOX_WEIGHTS, RPN_BOX_WEIGHTS } from '../../src/ops/box-coder.ts';
import { boxArea, boxIou, clipBoxes } from '../../src/ops/boxes.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose, expectNoLeak } from '../support/tensors.ts';

const squares = () =>
  tf.tensor2d(
    [
      [0, 0, 10, 10],
      [5, 5, 15, 15],
      [20, 0, 30, 40],
      [3, 3, 3, 9],
    ],
    [4, 4],
  );

describe('boxArea', () => {
  it('is height times width, 0 for an empty or inverted box', () => {
    expectClose(
      boxArea(
        tf.tensor2d([
          [1, 2, 4, 8],
          [5, 5, 5, 9],
          [6, 6, 2, 9],
        ]),
      ),
      [18, 0, 0],
    );
  });
});

describe('boxIou', () => {
  it('has the values worked by hand', () => {
    const iou = boxIou(
      squares(),
      tf.tensor2d(
        [
          [0, 0, 10, 10],
          [25, 0, 35, 40],
        ],
        [2, 4],
      ),
    );
    expectClose(iou, [1, 0, 25 / 175, 0, 0, 200 / 600, 0, 0]);
  });
  it('is 0 for two empty boxes in the same place, not NaN', () => {
    const empty = tf.tensor2d([[3, 3, 3, 9]], [1, 4]);
    expectClose(boxIou(empty, empty), [0]);
  });
  it('is symmetric', () => {
    expectClose(boxIou(squares(), squares()), boxIou(squares(), squares()).transpose().dataSync());
  });
  it('works image by image, with one set of boxes shared by all', () => {
    const batch = tf.stack([squares(), squares().add(1)]);
    const iou = boxIou(batch, squares().expandDims(0));
    expect(iou.shape).toEqual([2, 4, 4]);
    expectClose(iou.slice([1, 0, 0], [1, 4, 4]), boxIou(squares().add(1), squares()).dataSync());
  });
  it('leaves no tensor behind', () => {
    const boxes = squares();
    expectNoLeak(() => tf.tidy(() => boxIou(boxes, boxes)));
  });
});

describe('clipBoxes', () => {
  it('moves corners into the image', () => {
    expectClose(clipBoxes(tf.tensor2d([[-5, 3, 120, 64]], [1, 4]), 64), [0, 3, 64, 64]);
  });
  it('turns what is not a number into 0', () => {
    expectClose(clipBoxes(tf.tensor2d([[Number.NaN, 3, Infinity, 64]], [1, 4]), 64), [0, 3, 64, 64]);
  });
});

describe('encodeBoxes and decodeBoxes', () => {
  it('express a shift in sides of the reference and a size as a logarithm', () => {
    const deltas = encodeBoxes(tf.tensor2d([[5, 0, 25, 10]]), tf.tensor2d([[0, 0, 10, 10]]), [1, 1, 1, 1]);
    expectClose(deltas, [1, 0, Math.log(2), 0]);
  });
  it.each([RPN_BOX_WEIGHTS, ROI_BOX_WEIGHTS])('are inverse to each other with weights %j', (...weights) => {
    const boxes = tf.tensor2d(
      [
        [1, 2, 30, 40],
        [10, 10, 12, 90],
      ],
      [2, 4],
    );
    const references = tf.tensor2d(
      [
        [4, 4, 20, 20],
        [0, 0, 16, 64],
      ],
      [2, 4],
    );
    const w = weights as unknown as typeof RPN_BOX_WEIGHTS;
    expectClose(decodeBoxes(encodeBoxes(boxes, references, w), references, w), boxes.dataSync(), {
      absolute: 1e-3,
      relative: 1e-5,
    });
  });
  it('limit the growth to 1000/16', () => {
    const decoded = decodeBoxes(tf.tensor2d([[0, 0, 100, 0]]), tf.tensor2d([[0, 0, 16, 16]]), [1, 1, 1, 1]);
    expectClose(decoded, [8 - 500, 0, 8 + 500, 16], { absolute: 1e-3, relative: 1e-5 });
  });
  it('stay finite for empty boxes, which padding is', () => {
    const zero = tf.zeros([1, 4]);
    expect(encodeBoxes(zero, zero, [1, 1, 1, 1]).isFinite().all().dataSync()[0]).toBe(1);
  });
});
