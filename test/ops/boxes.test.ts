import { describe, expect, it } from 'vitest';
import { type BoxWeights, decodeBoxes, encodeBoxes } from '../../src/ops/box-coder.ts';
import { boxArea, boxIou, clipBoxes, isThin } from '../../src/ops/boxes.ts';
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
    expectClose(clipBoxes(tf.tensor2d([[-5, 3, 120, 64]], [1, 4]), [64, 64]), [0, 3, 64, 64]);
  });
  it('has a limit of its own on each axis', () => {
    const boxes = tf.tensor2d([
      [-1, -1, 90, 90],
      [50, 70, 60, 80],
    ]);
    expectClose(clipBoxes(boxes, [40, 80]), [0, 0, 40, 80, 40, 70, 40, 80]);
  });
  it('turns what is not a number into 0', () => {
    expectClose(clipBoxes(tf.tensor2d([[Number.NaN, 3, Infinity, 64]], [1, 4]), [64, 64]), [0, 3, 64, 64]);
  });
});

describe('isThin', () => {
  it('tells what is lower or narrower than the limit, and what is inverted', () => {
    const boxes = tf.tensor2d([
      [0, 0, 2, 9],
      [0, 0, 9, 1.9],
      [0, 0, 1.9, 9],
      [9, 9, 0, 0],
    ]);
    expectClose(isThin(boxes, 2), [0, 1, 1, 1]);
  });
});

/** As torchvision's: 1000/16. */
const scaleClamp = 62.5;

describe('encodeBoxes and decodeBoxes', () => {
  it('express a shift in sides of the reference and a size as a logarithm', () => {
    const deltas = encodeBoxes(tf.tensor2d([[5, 0, 25, 10]]), tf.tensor2d([[0, 0, 10, 10]]), [1, 1, 1, 1]);
    expectClose(deltas, [1, 0, Math.log(2), 0]);
  });
  it.each<{ weights: BoxWeights }>([
    { weights: [1, 1, 1, 1] },
    { weights: [10, 10, 5, 5] },
    { weights: [1, 2, 3, 4] },
  ])('are inverse to each other with weights $weights', ({ weights }) => {
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
    expectClose(
      decodeBoxes(encodeBoxes(boxes, references, weights), references, { weights, scaleClamp }),
      boxes.dataSync(),
      {
        absolute: 1e-3,
        relative: 1e-5,
      },
    );
  });
  it('weigh the offsets down, across, of the height and of the width, in this order', () => {
    const box = tf.tensor2d([[10, 20, 10 + 10 * Math.E, 20 + 20 * Math.E ** 2]]);
    const deltas = encodeBoxes(box, tf.tensor2d([[0, 0, 10, 20]]), [1, 10, 100, 1000]).dataSync();
    expectClose(deltas, [0.5 + Math.E / 2, 10 * (0.5 + Math.E ** 2 / 2), 100, 2000], {
      absolute: 0,
      relative: 1e-5,
    });
  });
  it.each([1.5, 62.5])('limit the growth to %d', (limit) => {
    const decoded = decodeBoxes(tf.tensor2d([[0, 0, 100, 0]]), tf.tensor2d([[0, 0, 16, 16]]), {
      weights: [1, 1, 1, 1],
      scaleClamp: limit,
    });
    expectClose(decoded, [8 - 8 * limit, 0, 8 + 8 * limit, 16], { absolute: 1e-3, relative: 1e-5 });
  });
  it('stay finite for empty boxes, which padding is', () => {
    const zero = tf.zeros([1, 4]);
    expect(encodeBoxes(zero, zero, [1, 1, 1, 1]).isFinite().all().dataSync()[0]).toBe(1);
  });
});
