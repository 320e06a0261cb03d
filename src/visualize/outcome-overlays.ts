/**
 * An image with two overlays for trackers that can switch them on and off: the ground truth and the prediction, coloured
 * by what became of each building and each detection.
 */
import sharp from 'sharp';
import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import type { Rle } from '../masks/rle.ts';
import {
  type BuildingClass,
  classOfBuilding,
  classOfDetection,
  type DetectionClass,
} from './outcome-classes.ts';

/** One overlay. */
interface Overlay {
  /** [height, width] of the picture: the class of each pixel, 0 = none, as an encoded 8-bit grey PNG. */
  png: Buffer;
  classes: Record<number, string>;
}

/** A picture with overlays, in the shape of the tracker's. */
export interface OutcomePicture {
  kind: 'overlaid_picture';
  jpeg: Buffer;
  caption: string;
  overlays: { ground_truth: Overlay; prediction: Overlay };
}

/** Pixels: larger images are shown smaller. */
const MAX_SIDE = 1024;
const JPEG_QUALITY = 90;

/** Numbers of the classes in the overlays: none is in both, so that each has a colour of its own. */
const BUILDING_NUMBERS: Record<BuildingClass | 'crowd region', number> = {
  found: 1,
  merged: 2,
  split: 3,
  'badly outlined': 4,
  missed: 5,
  'wrong category': 6,
  'crowd region': 7,
};

const DETECTION_NUMBERS: Record<DetectionClass, number> = {
  right: 11,
  'merges several': 12,
  'piece of one': 13,
  'badly outlined': 14,
  'false alarm': 15,
  duplicate: 16,
  'wrong category': 17,
  'in a crowd region': 18,
};

/**
 * Detections from the outcome's score threshold on; where masks overlap, the best detection is seen. Between instances
 * that touch, a line one pixel wide is left free.
 * @param encoded the image's file
 */
export async function outcomePicture(
  image: EvaluatedImage,
  outcome: ImageOutcome,
  { encoded, caption }: { encoded: Buffer; caption: string },
): Promise<OutcomePicture> {
  const { data: jpeg, info } = await sharp(encoded, { failOn: 'error' })
    .removeAlpha()
    .toColourspace('srgb')
    .resize({ width: MAX_SIDE, height: MAX_SIDE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer({ resolveWithObject: true });
  const overlay = async (instances: readonly Instance[], numbers: Record<string, number>) => ({
    png: await greyPng(classMap(instances, image, info), info),
    classes: Object.fromEntries(Object.entries(numbers).map(([name, number]) => [number, name])),
  });
  return {
    kind: 'overlaid_picture',
    jpeg,
    caption,
    overlays: {
      ground_truth: await overlay(truthInstances(image, outcome), BUILDING_NUMBERS),
      prediction: await overlay(detectionInstances(image, outcome), DETECTION_NUMBERS),
    },
  };
}

interface Size {
  height: number;
  width: number;
}

/** What is painted of a building or a detection. */
interface Instance {
  mask: Rle;
  /** The class, 1-255. */
  number: number;
}

function truthInstances({ truth }: EvaluatedImage, { buildings }: ImageOutcome): Instance[] {
  const crowds = truth.filter(({ crowd }) => crowd);
  return [
    ...buildings.map((building) => ({
      mask: truth[building.truth]!.mask,
      number: BUILDING_NUMBERS[classOfBuilding(building)],
    })),
    ...crowds.map(({ mask }) => ({ mask, number: BUILDING_NUMBERS['crowd region'] })),
  ];
}

function detectionInstances({ detections }: EvaluatedImage, outcome: ImageOutcome): Instance[] {
  return outcome.detections.map((detection) => ({
    mask: detections[detection.detection]!.mask,
    number: DETECTION_NUMBERS[classOfDetection(detection)],
  }));
}

/**
 * @param from size of the masks
 * @param to size of the map
 * @returns [to.height, to.width] the class of the first instance at the middle of each pixel, 0 where there is none or
 *   where another instance follows on the right or below
 */
function classMap(instances: readonly Instance[], from: Size, to: Size): Uint8Array {
  const owners = ownersOf(instances, from);
  const rows = middles(to.height, from.height);
  const columns = middles(to.width, from.width);
  const ownerAt = (y: number, x: number) => owners[columns[x]! * from.height + rows[y]!]!;
  const map = new Uint8Array(to.height * to.width);
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      const owner = ownerAt(y, x);
      if (owner === 0) continue;
      const right = x + 1 < to.width ? ownerAt(y, x + 1) : 0;
      const below = y + 1 < to.height ? ownerAt(y + 1, x) : 0;
      const isSeam = (right !== 0 && right !== owner) || (below !== 0 && below !== owner);
      if (!isSeam) map[y * to.width + x] = instances[owner - 1]!.number;
    }
  }
  return map;
}

/** @returns [width, height], column by column as masks are: 1 + the index of the first instance at each pixel, 0 = none */
function ownersOf(instances: readonly Instance[], { height, width }: Size): Uint32Array {
  const owners = new Uint32Array(height * width);
  for (const [index, { mask }] of [...instances.entries()].reverse()) {
    let position = 0;
    for (const [i, count] of mask.counts.entries()) {
      if (i % 2 === 1) owners.fill(index + 1, position, position + count);
      position += count;
    }
  }
  return owners;
}

/** @returns [to] the pixel of `from` at the middle of each pixel of `to` */
function middles(to: number, from: number): Uint32Array {
  return Uint32Array.from({ length: to }, (_, i) => Math.floor(((i + 0.5) * from) / to));
}

function greyPng(map: Uint8Array, { height, width }: Size): Promise<Buffer> {
  return sharp(map, { raw: { height, width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}
