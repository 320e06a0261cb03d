import type { EvaluatedImage } from '../../src/evaluate/images/detections.ts';
import { encodeRle, rleArea } from '../../src/masks/rle.ts';
import { createRandom, type Random } from '../../src/system/random.ts';

type Box = [number, number, number, number];

/**
 * A random set: buildings of all size classes, crowds, and detections that are moved copies, duplicates and strays;
 * some images without truth, some without detections. Scores have few digits, so that they tie.
 * @param shape.categories how many there are; most detections have that of the building that they copy
 */
export function randomImages(
  seed: number,
  shape: { images: number; instances: number; size: number; categories?: number },
): EvaluatedImage[] {
  const random = createRandom('coco set', seed);
  const jitter = [0, 0.02, 0.06, 0.15][random.int(4)]!;
  const digits = 10 ** (1 + random.int(3));
  return Array.from({ length: shape.images }, (_, i) => {
    const [height, width] = [0, 0].map(() => Math.ceil(shape.size * random.uniform(0.4, 1))) as [
      number,
      number,
    ];
    const boxes = Array.from({ length: random.int(shape.instances + 1) }, () =>
      randomBox(random, height, width),
    );
    const category = ([y, x]: Box) => {
      if (shape.categories === undefined) return {};
      const own = random.next() < 0.9 ? Math.floor((y + x) / 40) : random.int(shape.categories);
      return { category: Math.abs(own) % shape.categories };
    };
    const hasTruth = random.next() < 0.9;
    const hasDetections = random.next() < 0.9;
    const found = [
      ...boxes.filter(() => random.next() < 0.8).map((box) => moved(random, box, jitter)),
      ...boxes.filter(() => random.next() < 0.2).map((box) => moved(random, box, jitter)),
      ...boxes.filter(() => random.next() < 0.1).map(() => randomBox(random, height, width)),
    ];
    return {
      // Ids that are neither consecutive nor in order.
      id: ((i * 7919 + seed) % 100003) + 1,
      name: `${i}.png`,
      origin: i % 3 === 0 ? null : `source ${i % 3}`,
      height,
      width,
      truth: (hasTruth ? boxes : []).map((box) => {
        const mask = boxMask(box, height, width);
        const area = Math.round(rleArea(mask) * random.uniform(0.8, 1.2));
        return { box, area, crowd: random.next() < 0.1, ...category(box), mask };
      }),
      detections: (hasDetections ? random.shuffle(found) : []).map((box) => ({
        box,
        score: Math.round(random.next() * digits) / digits,
        ...category(box),
        mask: boxMask(box, height, width),
      })),
    };
  });
}

function randomBox(random: Random, height: number, width: number): Box {
  const side = (limit: number) => Math.exp(random.uniform(Math.log(3), Math.log(Math.max(4, limit * 0.7))));
  const [h, w] = [side(height), side(width)];
  const [y, x] = [random.uniform(0, Math.max(0, height - h)), random.uniform(0, Math.max(0, width - w))];
  return [y, x, y + h, x + w];
}

function moved(random: Random, [y1, x1, y2, x2]: Box, jitter: number): Box {
  const shift = (length: number) => Math.max(-0.4, Math.min(0.4, jitter * random.normal())) * length;
  return [y1 + shift(y2 - y1), x1 + shift(x2 - x1), y2 + shift(y2 - y1), x2 + shift(x2 - x1)];
}

/** The box with its corners cut off, so that masks and boxes overlap differently. */
export function boxMask([y1, x1, y2, x2]: Box, height: number, width: number) {
  const mask = new Uint8Array(height * width);
  for (let y = Math.max(0, Math.floor(y1)); y < Math.min(height, y2); y++) {
    for (let x = Math.max(0, Math.floor(x1)); x < Math.min(width, x2); x++) {
      const fromCentre =
        Math.abs((y + 0.5 - y1) / (y2 - y1) - 0.5) + Math.abs((x + 0.5 - x1) / (x2 - x1) - 0.5);
      if (fromCentre < 0.75) mask[y * width + x] = 1;
    }
  }
  return encodeRle(mask, height, width);
}
