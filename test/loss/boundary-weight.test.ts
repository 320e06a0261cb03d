import { describe, expect, it } from 'vitest';
import { boundaryWeight } from '../../src/loss/boundary-weight.ts';
import { maskTargets } from '../../src/ops/instance-masks.ts';
import { createRandom } from '../../src/system/random.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { expectClose } from '../support/tensors.ts';

/** Masks of buildings with their boxes, and the band of regions that stand for them. */
function band(
  masks: tf.Tensor3D,
  gtBoxes: number[][],
  {
    boxes,
    size,
    width = 1,
    imageSize = 64,
  }: { boxes: number[][]; size: number; width?: number; imageSize?: number },
) {
  const rows = tf.range(0, boxes.length, 1, 'int32');
  const regions = { boxes: tf.tensor2d(boxes), gtBoxes: tf.tensor2d(gtBoxes), rows };
  return boundaryWeight(masks, regions, { size, width, imageSize });
}

/** A building that fills its box. */
const full = tf.ones<tf.Rank.R3>([1, 16, 16]);

describe('boundaryWeight', () => {
  it('is a cell on either side of the outline', () => {
    const around = { boxes: [[16, 16, 32, 32]], size: 8 };
    // The building fills cells 2–5 on both axes.
    expectClose(band(full, [[20, 20, 28, 28]], around), [
      [0, 0, 0, 0, 0, 0, 0, 0],
      [0, 1, 1, 1, 1, 1, 1, 0],
      [0, 1, 1, 1, 1, 1, 1, 0],
      [0, 1, 1, 0, 0, 1, 1, 0],
      [0, 1, 1, 0, 0, 1, 1, 0],
      [0, 1, 1, 1, 1, 1, 1, 0],
      [0, 1, 1, 1, 1, 1, 1, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    expectClose(band(full, [[20, 20, 28, 28]], { ...around, width: 2 }), tf.ones([8, 8]).dataSync());
  });
  it('is at the frame of a region where the building ends there', () => {
    const box = [20, 20, 28, 28];
    expectClose(band(full, [box], { boxes: [box], size: 4 }), [
      [1, 1, 1, 1],
      [1, 0, 0, 1],
      [1, 0, 0, 1],
      [1, 1, 1, 1],
    ]);
  });
  it('is not at the frame of a region where the building goes on', () => {
    // The upper left quarter of the building.
    expectClose(band(full, [[20, 20, 36, 36]], { boxes: [[20, 20, 28, 28]], size: 4 }), [
      [1, 1, 1, 1],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
    ]);
  });
  it('is not at the edge of the image, where the building was cut', () => {
    const box = [56, 48, 64, 56];
    expectClose(band(full, [box], { boxes: [box], size: 4 }), [
      [1, 1, 1, 1],
      [1, 0, 0, 1],
      [1, 0, 0, 1],
      [1, 0, 0, 1],
    ]);
  });
  it('is nowhere where there is only building, or none of it', () => {
    const inside = { boxes: [[30, 30, 34, 34]], size: 4 };
    expectClose(band(full, [[20, 20, 44, 44]], inside), new Array(16).fill(0));
    expectClose(band(full, [[0, 0, 10, 10]], inside), new Array(16).fill(0));
  });
  it('is finite for padding', () => {
    const zero = [0, 0, 0, 0];
    expectClose(band(full, [zero], { boxes: [zero], size: 2 }), [0, 0, 0, 0]);
  });
  it.each([1, 2, 3])('is dilation minus erosion of the mask, by definition, %i cells wide', (width) => {
    const random = createRandom('boundary-weight', width);
    const [count, size] = [6, 10];
    const values = Float32Array.from({ length: count * 256 }, () => (random.next() < 0.9 ? 1 : 0));
    const masks = tf.tensor3d(values, [count, 16, 16]);
    const gtBoxes = Array.from({ length: count }, () => {
      const [y, x] = [10 + random.int(20), 10 + random.int(20)];
      return [y, x, y + 8 + random.int(16), x + 8 + random.int(16)];
    });
    const boxes = gtBoxes.map((box) => box.map((at) => at + random.int(5) - 2));
    const actual = band(masks, gtBoxes, { boxes, size, width });
    // The target of the same cells and of those `width` further out.
    const wide = size + 2 * width;
    const wideBoxes = boxes.map(([y1, x1, y2, x2]) => {
      const [dy, dx] = [((y2! - y1!) * width) / size, ((x2! - x1!) * width) / size];
      return [y1! - dy, x1! - dx, y2! + dy, x2! + dx];
    });
    const rows = tf.range(0, count, 1, 'int32');
    const regions = { boxes: tf.tensor2d(wideBoxes), gtBoxes: tf.tensor2d(gtBoxes), rows };
    const target = maskTargets(masks, regions, wide).dataSync();
    const expected = Array.from({ length: count * size * size }, (_, i) => {
      const [r, y, x] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
      const near: number[] = [];
      for (let dy = 0; dy <= 2 * width; dy++) {
        for (let dx = 0; dx <= 2 * width; dx++) near.push(target[(r * wide + y + dy) * wide + x + dx]!);
      }
      return Math.max(...near) - Math.min(...near);
    });
    expectClose(actual, expected);
    expect(expected).toContain(0);
    expect(expected).toContain(1);
  });
});
