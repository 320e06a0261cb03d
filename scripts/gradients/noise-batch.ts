import { type Batch, toTensors } from '../../src/data/batch.ts';
import { batchShape, touchingSize } from '../../src/data/host-batch.ts';
import { touchingMap } from '../../src/data/touching-map.ts';
import type { Params } from '../../src/params/schema.ts';
import { createRandom, type Random } from '../../src/system/random.ts';

/** Buildings in each image, beside each other, nearly touching. */
const BUILDINGS = 3;
/** Share of the image's side: lowest and highest building. */
const SIDES = [0.18, 0.28] as const;

/**
 * Bright ellipses on noise. Noise, because equal pixels would meet the kink of a ReLU all at once.
 * The caller disposes it.
 */
export function noiseBatch(params: Params): Batch {
  const shape = batchShape(params);
  const { batchSize: N, imageSize: size, maxInstances: M, maskSize: K } = shape;
  const T = touchingSize(shape);
  const random = createRandom(params.seed, 'gradients');
  const images = Float32Array.from({ length: N * size * size * 3 }, () => 0.5 * random.next());
  const boxes = new Float32Array(N * M * 4);
  const valid = new Float32Array(N * M);
  const touching = new Float32Array(N * T * T);
  for (let n = 0; n < N; n++) {
    const drawn = drawBoxes(random, size);
    drawn.forEach((box, m) => {
      boxes.set(box, (n * M + m) * 4);
      valid[n * M + m] = 1;
      brighten(images.subarray(n * size * size * 3, (n + 1) * size * size * 3), box, size);
    });
    if (shape.touchingDistance !== null) {
      const outlines = drawn.map(([y1, x1, y2, x2]) => [[x1, y1, x2, y1, x2, y2, x1, y2]]);
      touching.set(touchingMap(outlines, { size, distance: shape.touchingDistance }), n * T * T);
    }
  }
  const mask = ellipse(K);
  const masks = new Float32Array(N * M * K * K);
  for (let row = 0; row < N * M; row++) masks.set(mask, row * K * K);
  return toTensors({
    ...{ count: N, real: N, sources: [], overflow: 0 },
    ...{ imageSize: size, maxInstances: M, maskSize: K, touchingSize: T },
    ...{ images, boxes, masks, valid, touching },
  });
}

type Box = [y1: number, x1: number, y2: number, x2: number];

function drawBoxes(random: Random, size: number): Box[] {
  return Array.from({ length: BUILDINGS }, (_, m) => {
    const [height, width] = [random.uniform(...SIDES) * size, random.uniform(...SIDES) * size];
    const y = random.uniform(0, size - height);
    const x = (0.05 + 0.3 * m) * size;
    return [y, x, y + height, x + width];
  });
}

/** Adds a half to all that the ellipse in the box covers. @param image [H, H, 3] */
function brighten(image: Float32Array, [y1, x1, y2, x2]: Box, size: number): void {
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [v, u] = [(2 * (y + 0.5 - y1)) / (y2 - y1) - 1, (2 * (x + 0.5 - x1)) / (x2 - x1) - 1];
      if (u * u + v * v > 1) continue;
      for (let c = 0; c < 3; c++) image[(y * size + x) * 3 + c]! += 0.5;
    }
  }
}

/** [K, K] 0 or 1 */
function ellipse(K: number): Float32Array {
  return Float32Array.from({ length: K * K }, (_, i) => {
    const [v, u] = [(2 * (Math.floor(i / K) + 0.5)) / K - 1, (2 * ((i % K) + 0.5)) / K - 1];
    return u * u + v * v <= 1 ? 1 : 0;
  });
}
