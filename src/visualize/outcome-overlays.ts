/**
 * An image with two overlays for trackers that can switch them on and off: the ground truth and the prediction, coloured
 * by what became of each building and each detection.
 */
import sharp from 'sharp';
import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import type { Rle } from '../masks/rle.ts';
import { columnRuns } from '../masks/trace-polygons.ts';
import type { OverlaidPicture, Overlay } from '../tracking/tracker.ts';
import {
  type BuildingClass,
  classOfBuilding,
  classOfDetection,
  type DetectionClass,
} from './outcome-classes.ts';

export interface OutcomePicture extends OverlaidPicture {
  overlays: { ground_truth: Overlay; prediction: Overlay };
}

/** Pixels: larger images are shown smaller. */
const MAX_SIDE = 1024;
const JPEG_QUALITY = 90;

/** Numbers and names of classes in an overlay. */
type Numbered<K extends string> = Readonly<Record<K, readonly [number: number, name: string]>>;

/** No number is in both overlays, so that each has a colour of its own. */
const BUILDING_CLASSES: Numbered<BuildingClass | 'crowd'> = {
  hit: [1, 'found'],
  merged: [2, 'merged'],
  split: [3, 'split'],
  localisation: [4, 'badly outlined'],
  missed: [5, 'missed'],
  class: [6, 'wrong category'],
  crowd: [7, 'crowd region'],
};

const DETECTION_CLASSES: Numbered<DetectionClass> = {
  hit: [11, 'right'],
  merged: [12, 'merges several'],
  split: [13, 'piece of one'],
  localisation: [14, 'badly outlined'],
  background: [15, 'false alarm'],
  duplicate: [16, 'duplicate'],
  class: [17, 'wrong category'],
  crowd: [18, 'in a crowd region'],
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
  const overlay = async (instances: readonly Instance[], classes: Numbered<string>) => ({
    png: await greyPng(classMap(instances, image, info), info),
    classes: Object.fromEntries(Object.values(classes)),
  });
  return {
    kind: 'overlaid_picture',
    jpeg,
    caption,
    overlays: {
      ground_truth: await overlay(truthInstances(image, outcome), BUILDING_CLASSES),
      prediction: await overlay(detectionInstances(image, outcome), DETECTION_CLASSES),
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
      number: BUILDING_CLASSES[classOfBuilding(building)][0],
    })),
    ...crowds.map(({ mask }) => ({ mask, number: BUILDING_CLASSES.crowd[0] })),
  ];
}

function detectionInstances({ detections }: EvaluatedImage, outcome: ImageOutcome): Instance[] {
  return outcome.detections.map((detection) => ({
    mask: detections[detection.detection]!.mask,
    number: DETECTION_CLASSES[classOfDetection(detection)][0],
  }));
}

/**
 * @param from size of the masks
 * @param to size of the map
 * @returns [to.height, to.width] the class of the first instance at the middle of each pixel, 0 where there is none or
 *   where another instance follows on the right or below
 */
function classMap(instances: readonly Instance[], from: Size, to: Size): Uint8Array {
  const owners = ownersOf(instances, from, to);
  const ownerAt = (y: number, x: number) => owners[x * to.height + y]!;
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

/**
 * Never larger than the map: an image of the size of a town would take gigabytes.
 * @returns [to.width, to.height], column by column as masks are: 1 + the index of the first instance, 0 = none
 */
function ownersOf(instances: readonly Instance[], from: Size, to: Size): Uint32Array {
  const owners = new Uint32Array(to.height * to.width);
  const rows = firstSamples(from.height, to.height);
  const columns = firstSamples(from.width, to.width);
  for (const [index, { mask }] of [...instances.entries()].reverse()) {
    const runs = columnRuns(mask);
    for (let run = 0; run < runs.x.length; run++) {
      const column = runs.x[run]!;
      const [top, bottom] = [rows[runs.top[run]!]!, rows[runs.bottom[run]!]!];
      for (let x = columns[column]!; x < columns[column + 1]!; x++) {
        owners.fill(index + 1, x * to.height + top, x * to.height + bottom);
      }
    }
  }
  return owners;
}

/** @returns [from + 1] the first pixel of `to` whose middle is that pixel of `from`, or a later one */
function firstSamples(from: number, to: number): Uint32Array {
  const first = new Uint32Array(from + 1).fill(to);
  let next = 0;
  for (let i = 0; i < to; i++) {
    for (const middle = Math.floor(((i + 0.5) * from) / to); next <= middle; next++) first[next] = i;
  }
  return first;
}

function greyPng(map: Uint8Array, { height, width }: Size): Promise<Buffer> {
  return sharp(map, { raw: { height, width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}
