import { rleArea, rleBox, rleToString } from '../../../src/masks/rle.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';
import { createRandom, type Random } from '../../../src/system/random.ts';

/** Ground truth and results in COCO's own form, masks as compressed run lengths: what both sides start from. */
export interface CocoSet {
  max_detections: number;
  images: { id: number; width: number; height: number }[];
  annotations: (Entry & { id: number; iscrowd: 0 })[];
  results: (Entry & { score: number })[];
}

type Entry = ReturnType<typeof entryOf>;

const SIZE = 512;
/** Sides of a building in pixels: all of COCO's size classes occur. */
const SIDES = [6, 160] as const;

/** @param instances buildings in each image; most are found, moved a little; some twice, some detections are strays */
export function randomSet(seed: number, shape: { images: number; instances: number }): CocoSet {
  const random = createRandom('bench evaluate', seed);
  const set: CocoSet = { max_detections: 100, images: [], annotations: [], results: [] };
  for (let image = 1; image <= shape.images; image++) {
    set.images.push({ id: image, width: SIZE, height: SIZE });
    for (let i = 0; i < shape.instances; i++) {
      const roof = randomRoof(random);
      set.annotations.push({ ...entryOf(image, roof), id: set.annotations.length + 1, iscrowd: 0 });
      const found = [0.9, 0.1].filter((share) => random.next() < share).map(() => moved(random, roof));
      if (random.next() < 0.15) found.push(randomRoof(random));
      for (const ring of found) set.results.push({ ...entryOf(image, ring), score: random.next() });
    }
  }
  return set;
}

function entryOf(image: number, ring: readonly number[]) {
  const mask = rleFromPolygons([ring], SIZE, SIZE);
  const [y1, x1, y2, x2] = rleBox(mask);
  const segmentation = { size: mask.size, counts: rleToString(mask) };
  return {
    image_id: image,
    category_id: 1,
    bbox: [x1, y1, x2 - x1, y2 - y1],
    area: rleArea(mask),
    segmentation,
  };
}

/** A rectangle somewhat out of square, flat [x0, y0, x1, y1, ...]; may reach over the image's edge. */
function randomRoof(random: Random): number[] {
  const side = () => Math.exp(random.uniform(Math.log(SIDES[0]), Math.log(SIDES[1])));
  const [x, y, width, height] = [random.uniform(0, SIZE), random.uniform(0, SIZE), side(), side()];
  return moved(random, [x, y, x + width, y, x + width, y + height, x, y + height]);
}

/** Each corner for itself, so that masks and boxes overlap differently. */
function moved(random: Random, ring: readonly number[]): number[] {
  const jitter = random.uniform(0, 0.1) * Math.hypot(ring[4]! - ring[0]!, ring[5]! - ring[1]!);
  return ring.map((value) => value + jitter * random.normal());
}
