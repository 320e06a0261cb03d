import type { Batch } from '../../src/data/batch.ts';
import { touchingMap } from '../../src/data/touching-map.ts';
import type { Params } from '../../src/params/schema.ts';
import { createRandom } from '../../src/system/random.ts';
import { tf } from '../../src/system/tensorflow.ts';

/** Bright rectangles on dark ground, at most 8 pixels apart, with boxes and full masks. The caller disposes it. */
export function tinyBatch({ data, train, loss }: Params, seed = 1): Batch {
  const { image_size: size, max_instances: M, instance_mask_size: K } = data;
  const N = train.batch_size;
  const random = createRandom(seed);
  const pixels = Float32Array.from({ length: N * size * size * 3 }, () => 0.2 + 0.1 * random.next());
  const boxes = new Float32Array(N * M * 4);
  const valid = new Float32Array(N * M);
  const T = loss.touching_weight > 0 ? size : 1;
  const touching = new Float32Array(N * T * T);
  for (let n = 0; n < N; n++) {
    const outlines: number[][][] = [];
    for (let m = 0; m < 3; m++) {
      const [y, x] = [2 + 20 * m, 4 + random.int(30)];
      const [height, width] = [12 + random.int(5), 12 + random.int(10)];
      boxes.set([y, x, y + height, x + width], (n * M + m) * 4);
      valid[n * M + m] = 1;
      outlines.push([[x, y, x + width, y, x + width, y + height, x, y + height]]);
      for (let row = y; row < y + height; row++) {
        pixels.fill(0.9, ((n * size + row) * size + x) * 3, ((n * size + row) * size + x + width) * 3);
      }
    }
    if (T > 1) touching.set(touchingMap(outlines, { size, distance: loss.touching_distance }), n * T * T);
  }
  return {
    images: tf.tensor4d(pixels, [N, size, size, 3]),
    boxes: tf.tensor3d(boxes, [N, M, 4]),
    masks: tf.ones<tf.Rank.R3>([N, M, K * K]).reshape([N, M, K, K]),
    valid: tf.tensor2d(valid, [N, M]),
    touching: tf.tensor3d(touching, [N, T, T]),
  };
}
