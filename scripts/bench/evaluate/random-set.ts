import { rleArea, rleToString } from '../../../src/masks/rle.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';
import { createRandom, type Random } from '../../../src/system/random.ts';
import type { CocoEntry, CocoSet } from './coco-set.ts';

type Size = { width: number; height: number };

/** Sides of a building in pixels: all of COCO's size classes occur. */
const SIDES = [6, 160] as const;
const BENCH_SIZE: Size = { width: 512, height: 512 };

/**
 * What a detector might find, in files as they usually are: outlines of the ground truth as polygons, results as
 * compressed run lengths.
 * @param instances buildings in each image; most are found, moved a little; some twice, some detections are strays
 */
export function randomSet(seed: number, shape: { images: number; instances: number }): CocoSet {
  const random = createRandom('bench evaluate', seed);
  const set: CocoSet = { images: [], annotations: [], results: [] };
  for (let id = 1; id <= shape.images; id++) {
    const image = { id, ...BENCH_SIZE };
    set.images.push(image);
    for (let i = 0; i < shape.instances; i++) {
      const roof = randomRoof(random, image);
      addBuilding(set, image, [roof]);
      const found = [0.9, 0.1].filter((share) => random.next() < share).map(() => moved(random, roof, 0.1));
      if (random.next() < 0.15) found.push(randomRoof(random, image));
      for (const ring of found) addResult(set, image, [ring], random.next());
    }
  }
  return set;
}

/**
 * Everything that may occur: 1 to `limit` buildings an image, crowd regions, images without buildings or without
 * detections or without both, equal scores, all forms of masks, buildings of several parts, beyond the image or too
 * small for a pixel, areas on the borders of the size classes, ids in any order; and one to `categories` categories, with
 * detections of the wrong one, of which one may have no building at all.
 * @param limit buildings in the densest images
 */
export function mixedSet(
  seed: number,
  { limit, categories = 1 }: { limit: number; categories?: number },
): CocoSet {
  const random = createRandom('agreement', seed);
  const instances = Math.round(Math.exp(random.uniform(0, Math.log(limit))));
  const [digits, jitter] = [10 ** (1 + random.int(4)), [0, 0.02, 0.06, 0.15][random.int(4)]!];
  const images = 1 + random.int(Math.ceil(12 / (1 + instances / 50)));
  const set: CocoSet = { images: [], annotations: [], results: [] };
  const ids = random.shuffle(Array.from({ length: 3 * images }, (_, i) => i + 1));
  for (const id of ids.slice(0, images)) {
    const side = () => Math.round(random.uniform(40, 300));
    const image = { id, width: side(), height: side() };
    set.images.push(image);
    const hasTruth = random.next() < 0.85;
    const hasResults = random.next() < 0.85;
    for (let i = 0; i < instances; i++) {
      const roof = randomBuilding(random, image);
      const score = () => Math.round(random.next() * digits) / digits;
      if (hasTruth) addBuilding(set, image, roof, random);
      if (!hasResults) continue;
      for (const share of [0.8, 0.2]) {
        if (random.next() >= share) continue;
        const found = roof.map((ring) => moved(random, ring, jitter));
        addResult(set, image, found, score());
      }
      if (random.next() < 0.1) addResult(set, image, randomBuilding(random, image), score());
    }
  }
  const shuffled = { annotations: random.shuffle(set.annotations), results: random.shuffle(set.results) };
  return withCategories({ ...set, ...shuffled }, 1 + random.int(categories), random);
}

/** Neighbours in the image have one category more often than not, so that most detections have that of their building. */
function withCategories(set: CocoSet, count: number, random: Random): CocoSet {
  if (count === 1) return set;
  const ids = random.shuffle(Array.from({ length: 3 * count }, (_, i) => i + 1)).slice(0, count);
  const side = random.uniform(20, 100);
  const assign = <T extends CocoEntry>(entry: T, used: number): T => {
    const [x, y] = entry.bbox.map((value) => Math.floor(Math.abs(value) / side)) as [number, number];
    const own = random.next() < 0.9 ? x + y : random.int(used);
    return { ...entry, category_id: ids[own % used]! };
  };
  const withTruth = random.next() < 0.5 ? count : count - 1;
  return {
    ...set,
    categories: ids.map((id) => ({ id, name: `category ${id}` })),
    annotations: set.annotations.map((entry) => assign(entry, withTruth)),
    results: set.results.map((entry) => assign(entry, count)),
  };
}

/** @param random makes it any annotation that COCO knows; left out, it is a plain one */
function addBuilding(set: CocoSet, image: CocoSet['images'][number], rings: number[][], random?: Random) {
  const mask = rleFromPolygons(rings, image.height, image.width);
  const annotation: CocoSet['annotations'][number] = {
    ...entryOf(image.id, rings),
    segmentation: rings,
    id: set.annotations.length + 1,
    area: rleArea(mask),
    iscrowd: 0,
  };
  if (random) {
    const counts = [rleToString(mask), [...mask.counts]][random.int(3)];
    if (counts !== undefined) annotation.segmentation = { size: mask.size, counts };
    const area = Math.round(annotation.area * random.uniform(0.8, 1.2));
    annotation.area = random.next() < 0.1 ? [32 ** 2, 96 ** 2][random.int(2)]! : area;
    annotation.iscrowd = random.next() < 0.1 ? 1 : 0;
  }
  set.annotations.push(annotation);
}

function addResult(set: CocoSet, image: CocoSet['images'][number], rings: number[][], score: number) {
  const mask = rleFromPolygons(rings, image.height, image.width);
  const segmentation = { size: mask.size, counts: rleToString(mask) };
  set.results.push({ ...entryOf(image.id, rings), segmentation, score });
}

function entryOf(image: number, rings: number[][]): Pick<CocoEntry, 'image_id' | 'category_id' | 'bbox'> {
  const [x, y] = [0, 1].map((axis) => rings.flat().filter((_, i) => i % 2 === axis)) as [number[], number[]];
  const [left, top] = [Math.min(...x), Math.min(...y)].map((value) => Math.round(value * 100) / 100);
  const sides = [Math.max(...x) - left!, Math.max(...y) - top!].map((value) => Math.round(value * 100) / 100);
  return { image_id: image, category_id: 1, bbox: [left!, top!, sides[0]!, sides[1]!] };
}

/** One roof, seldom two that belong together, seldom one without a pixel. */
function randomBuilding(random: Random, image: Size): number[][] {
  const roof = randomRoof(random, image);
  const kind = random.next();
  if (kind < 0.05) return [roof.map((value, i) => roof[i % 2]! + (value - roof[i % 2]!) / 400)];
  return kind < 0.15 ? [roof, randomRoof(random, image)] : [roof];
}

/** A rectangle somewhat out of square, flat [x0, y0, x1, y1, ...]; may reach over the image's edge. */
function randomRoof(random: Random, image: Size): number[] {
  const side = () => Math.exp(random.uniform(Math.log(SIDES[0]), Math.log(SIDES[1])));
  const [x, y] = [random.uniform(0, image.width), random.uniform(0, image.height)];
  const [width, height] = [side(), side()];
  return moved(random, [x, y, x + width, y, x + width, y + height, x, y + height], 0.1);
}

/** Each corner for itself, so that masks and boxes overlap differently. */
function moved(random: Random, ring: readonly number[], share: number): number[] {
  const jitter = random.uniform(0, share) * Math.hypot(ring[4]! - ring[0]!, ring[5]! - ring[1]!);
  return ring.map((value) => Math.round(100 * (value + jitter * random.normal())) / 100);
}
