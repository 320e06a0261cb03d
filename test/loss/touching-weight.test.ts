import { describe, it } from 'vitest';
import { touchingWeight } from '../../src/loss/touching-weight.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose } from '../support/tensors.ts';

/** Each pixel's value is 10 y + x; the second image's is 1000 more. */
const ramp = tf.tensor3d(
  Array.from(
    { length: 2 * 8 * 8 },
    (_, i) => 1000 * Math.floor(i / 64) + 10 * (Math.floor(i / 8) % 8) + (i % 8),
  ),
  [2, 8, 8],
);
const regions = (boxes: number[][], images: number[]) => ({
  boxes: tf.tensor2d(boxes),
  imageIndices: tf.tensor1d(images, 'int32'),
});

describe('touchingWeight', () => {
  it('is the map itself where cells are pixels', () => {
    expectClose(touchingWeight(ramp, regions([[2, 3, 5, 6]], [0]), 3), [
      [23, 24, 25],
      [33, 34, 35],
      [43, 44, 45],
    ]);
    expectClose(touchingWeight(ramp, regions([[0, 0, 8, 8]], [1]), 8), ramp.slice([1], [1]).dataSync());
  });
  it('is interpolated between pixel centres', () => {
    // Centres at 2 and 4 down, 3.25 and 4.75 across; a pixel's own centre is at .5.
    expectClose(touchingWeight(ramp, regions([[1, 2.5, 5, 5.5]], [0]), 2), [
      [10 * 1.5 + 2.75, 10 * 1.5 + 4.25],
      [10 * 3.5 + 2.75, 10 * 3.5 + 4.25],
    ]);
  });
  it('goes on to the edge of the image', () => {
    // Centres at 0.125 and 0.375: both beyond the first pixel's.
    expectClose(touchingWeight(ramp, regions([[0, 0, 0.5, 0.5]], [0]), 2), [0, 0, 0, 0]);
    expectClose(touchingWeight(ramp, regions([[7.5, 7.5, 8, 8]], [1]), 2), new Array(4).fill(1077));
  });
  it('takes each region from its own image', () => {
    const boxes = [
      [2, 2, 3, 3],
      [2, 2, 3, 3],
      [4, 5, 5, 6],
    ];
    expectClose(touchingWeight(ramp, regions(boxes, [1, 0, 1]), 1), [1022, 22, 1045]);
  });
  it('is finite for padding', () => {
    expectClose(touchingWeight(ramp, regions([[0, 0, 0, 0]], [0]), 2), [0, 0, 0, 0]);
  });
});
