/**
 * COCO's average precision and recall from the matches of any set of images
 * (pycocotools 2.0.11 `COCOeval.accumulate` and `summarize`).
 *
 * T IoU thresholds · R = 101 recall points 0, 0.01, ... 1 · I images · K detections of all images together
 */
import {
  ALL_THRESHOLDS,
  type AreaRange,
  type ImageMatches,
  IOU_THRESHOLDS,
  type RangeMatches,
} from '../matching/matching.ts';

/** COCO's 101: 0, 0.01, ... 1. */
export const RECALL_POINTS: readonly number[] = Array.from({ length: 101 }, (_, r) =>
  r === 100 ? 1 : r * 0.01,
);

/** All detections of all images, the highest score first. */
export interface Ranking {
  /** [K] */
  image: Uint32Array;
  /** [K] index of the detection within its image */
  detection: Uint32Array;
}

/** Orders by score; ties keep the order of the images, then that within the image. */
export function rankAll(images: readonly Pick<ImageMatches, 'scores'>[]): Ranking {
  const total = images.reduce((sum, { scores }) => sum + scores.length, 0);
  const image = new Uint32Array(total);
  const detection = new Uint32Array(total);
  const scores = new Float64Array(total);
  let k = 0;
  for (const [i, matches] of images.entries()) {
    for (let d = 0; d < matches.scores.length; d++, k++) {
      image[k] = i;
      detection[k] = d;
      scores[k] = matches.scores[d]!;
    }
  }
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  return { image: order.map((i) => image[i]!), detection: order.map((i) => detection[i]!) };
}

/** The matches of a set of images in order of score: what every resampling of these images has in common. */
export interface Pool {
  /** I, with those that have nothing */
  size: number;
  /** [P] buildings that count, of each image that has some: few of many, for one of many categories */
  positives: Uint32Array;
  /** [P] which images these are */
  holders: Uint32Array;
  /** [K] the image of every detection that counts at one threshold at least, the highest score first */
  images: Uint32Array;
  /**
   * [T] runs of detections that are all right, or all left out, two numbers each: 2k + 1 where it begins with detection k
   * and they are right, 2k where they are left out; then the detection after its last. All others are wrong.
   */
  runs: Uint32Array[];
}

/** Which matches are pooled. */
export interface PoolOptions {
  range: AreaRange;
  /** Only the best of each image; all when left out. */
  maxDetections?: number;
  /** `rankAll` of the images, for callers that pool them several times. */
  ranking?: Ranking;
}

/** @param images in the order of their ids: it decides between detections of equal score */
export function poolMatches(
  images: readonly ImageMatches[],
  { range, maxDetections = Infinity, ranking = rankAll(images) }: PoolOptions,
): Pool {
  const matches = images.map(({ ranges }) => ranges[range]);
  const ranked = inOrder(matches, ranking, maxDetections);
  const runs = IOU_THRESHOLDS.map((_, t) => findRuns(ranked, t));
  const holders = Uint32Array.from(matches.keys()).filter((image) => matches[image]!.positives > 0);
  const positives = holders.map((image) => matches[image]!.positives);
  return { size: images.length, positives, holders, images: ranked.images, runs };
}

const [LEFT_OUT, RIGHT, WRONG] = [0, 1, 2];

function findRuns({ right, leftOut }: { right: Uint16Array; leftOut: Uint16Array }, t: number): Uint32Array {
  const runs = new Uint32Array(2 * right.length);
  let [count, before] = [0, WRONG];
  for (let k = 0; k < right.length; k++) {
    const verdict = (right[k]! >> t) & 1 ? RIGHT : (leftOut[k]! >> t) & 1 ? LEFT_OUT : WRONG;
    if (verdict !== WRONG) {
      if (verdict !== before) runs[count++] = 2 * k + verdict;
      else count--;
      runs[count++] = k + 1;
    }
    before = verdict;
  }
  return runs.slice(0, count);
}

/** [K] each: image and bits of every detection, in order of score; without those that are left out everywhere. */
function inOrder(matches: readonly RangeMatches[], { image, detection }: Ranking, maxDetections: number) {
  const total = image.length;
  const images = new Uint32Array(total);
  const [right, leftOut] = [new Uint16Array(total), new Uint16Array(total)];
  let count = 0;
  for (let k = 0; k < total; k++) {
    const [i, d] = [image[k]!, detection[k]!];
    if (d >= maxDetections || matches[i]!.leftOut[d] === ALL_THRESHOLDS) continue;
    images[count] = i;
    right[count] = matches[i]!.right[d]!;
    leftOut[count++] = matches[i]!.leftOut[d]!;
  }
  return {
    images: images.slice(0, count),
    right: right.subarray(0, count),
    leftOut: leftOut.subarray(0, count),
  };
}

/** Precision over recall, pooled over images. */
export interface PrecisionCurves {
  /** [T, R] highest precision among the points of at least that recall; 0 where it is not reached */
  precision: Float64Array;
  /** [T] recall of all detections together */
  recall: Float64Array;
}

/**
 * @param repeats [I] how often each image is in the set (bootstrap), as if its copies stood side by side; once each when
 *   left out. Equal scores within one image are the exception: copies of a detection then follow each other.
 * @returns null when no building counts, so that precision and recall are undefined
 */
export function precisionCurves(
  { size, positives, holders, images, runs }: Pool,
  repeats: ArrayLike<number> = new Uint8Array(size).fill(1),
): PrecisionCurves | null {
  const total = positives.reduce((sum, count, p) => sum + count * repeats[holders[p]!]!, 0);
  if (total === 0) return null;
  const R = RECALL_POINTS.length;
  const shared = { counted: countThrough(images, repeats), needed: hitsNeeded(total) };
  const precision = new Float64Array(runs.length * R);
  const recall = Float64Array.from(runs, (ofThreshold, t) => {
    const hits = samplePrecision(ofThreshold, shared, precision.subarray(t * R, (t + 1) * R));
    return hits / total;
  });
  return { precision, recall };
}

/** @returns [K + 1] how many detections there are before the k-th, repeats included */
function countThrough(images: Uint32Array, repeats: ArrayLike<number>): Uint32Array {
  const counted = new Uint32Array(images.length + 1);
  for (let k = 0; k < images.length; k++) counted[k + 1] = counted[k]! + repeats[images[k]!]!;
  return counted;
}

/** @returns [R + 1] for each recall point the right detections that reach it, by the same division as in COCO; no number does the last */
function hitsNeeded(positives: number): Float64Array {
  const needed = new Float64Array(RECALL_POINTS.length + 1).fill(Infinity);
  for (const [r, point] of RECALL_POINTS.entries()) {
    let hits = Math.max(0, Math.floor(point * positives) - 1);
    while (hits / positives < point) hits++;
    needed[r] = hits;
  }
  return needed;
}

/**
 * Fills [R] with the highest precision of each recall point or later. Precision rises with every right detection and falls
 * with every wrong one, so only the ends of runs are looked at.
 * @returns how many are right
 */
function samplePrecision(
  runs: Uint32Array,
  { counted, needed }: { counted: Uint32Array; needed: Float64Array },
  samples: Float64Array,
): number {
  let [right, leftOut, reached] = [0, 0, 0];
  for (let i = 0; i < runs.length; i += 2) {
    const through = counted[runs[i + 1]!]!;
    const times = through - counted[runs[i]! >>> 1]!;
    if ((runs[i]! & 1) === LEFT_OUT) {
      leftOut += times;
      continue;
    }
    right += times;
    while (right >= needed[reached + 1]!) reached++;
    const precision = right / (through - leftOut + Number.EPSILON);
    if (precision > samples[reached]!) samples[reached] = precision;
  }
  for (let r = samples.length - 2; r >= 0; r--) {
    if (samples[r + 1]! > samples[r]!) samples[r] = samples[r + 1]!;
  }
  return right;
}

/** @returns mean precision over all recall points, and over all thresholds or the one given; null where undefined */
export function averagePrecision(curves: PrecisionCurves | null, iouThreshold?: number): number | null {
  if (!curves) return null;
  if (iouThreshold === undefined) return mean(curves.precision);
  const t = IOU_THRESHOLDS.findIndex((threshold) => Math.abs(threshold - iouThreshold) < 1e-9);
  if (t < 0) throw new RangeError(`averagePrecision: ${iouThreshold} is not one of COCO's IoU thresholds`);
  const R = RECALL_POINTS.length;
  return mean(curves.precision.subarray(t * R, (t + 1) * R));
}

/** @returns mean recall over all thresholds; null where undefined */
export function averageRecall(curves: PrecisionCurves | null): number | null {
  return curves && mean(curves.recall);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
