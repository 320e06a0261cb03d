/**
 * All that one image adds to the figures. Masks are looked at here and never again: whatever is measured over a set of
 * images, or over any part of it, is made of these.
 *
 * D detections, the best `maxDetections` of the image, in order of score
 */
import { rleArea } from '../masks/rle.ts';
import type { Detection, EvaluatedImage, GroundTruth } from './detections.ts';
import { type ImageMatches, matchImage } from './matching.ts';
import { boundaryOverlaps, boxArea, boxOverlaps, maskOverlaps } from './overlaps.ts';
import { countUnionPixels, type UnionPixels } from './union-agreement.ts';

/** Which detections count. */
export interface EvaluationOptions {
  /** The best of each image, for mAP. */
  maxDetections: number;
  /** 0-1; detections from here on form the mask of which IoU and Dice are measured. mAP takes them all. */
  scoreThreshold: number;
}

/** One image's share of the figures. Can be sent between threads. */
export interface MeasuredImage {
  id: number;
  /** [D] index of each detection in the image's own list */
  order: Uint32Array;
  mask: ImageMatches;
  /** By `boundaryOverlaps`. */
  boundary: ImageMatches;
  box: ImageMatches;
  /** Of the ground truth, and of the detections from `scoreThreshold` on. */
  pixels: UnionPixels;
  /** Crowd regions are not counted. */
  buildings: number;
  /** With a score from `scoreThreshold` on. */
  detections: number;
}

/** @throws RangeError for a score that is not a number, or a mask that has not its image's size */
export function measureImage(image: EvaluatedImage, options: EvaluationOptions): MeasuredImage {
  assertImage(image);
  const { id, truth, detections } = image;
  const order = rankDetections(detections, options.maxDetections);
  const ranked = Array.from(order, (index) => detections[index]!);
  const overlaps = maskOverlaps(ranked, truth);
  const chosen = detections.filter(({ score }) => score >= options.scoreThreshold);
  const buildings = truth.filter(({ crowd }) => !crowd);
  const crowds = truth.filter(({ crowd }) => crowd);
  return {
    id,
    order,
    mask: matchMasks(ranked, truth, overlaps),
    boundary: matchMasks(ranked, truth, boundaryOverlaps(ranked, truth, overlaps)),
    box: matchBoxes(ranked, truth),
    pixels: countUnionPixels(buildings.map(maskOf), chosen.map(maskOf), crowds.map(maskOf)),
    buildings: buildings.length,
    detections: chosen.length,
  };
}

/** @returns [D] indices, the highest score first; of equal scores, the first given first */
export function rankDetections(detections: readonly { score: number }[], maxDetections: number): Uint32Array {
  const order = Array.from(detections, (_, index) => index);
  order.sort((a, b) => detections[b]!.score - detections[a]!.score);
  return Uint32Array.from(order.slice(0, maxDetections));
}

/**
 * @param ranked [D] by `rankDetections`
 * @param overlaps [D, G] of the masks, or of their boundaries
 */
export function matchMasks(
  ranked: readonly Detection[],
  truth: readonly GroundTruth[],
  overlaps: Float64Array,
): ImageMatches {
  const detectionAreas = ranked.map(({ mask }) => rleArea(mask));
  return matchImage({ scores: scoresOf(ranked), truth, detectionAreas, overlaps });
}

/** @param ranked [D] by `rankDetections` */
export function matchBoxes(
  ranked: readonly Omit<Detection, 'mask'>[],
  truth: readonly Omit<GroundTruth, 'mask'>[],
): ImageMatches {
  const detectionAreas = ranked.map(boxArea);
  return matchImage({
    scores: scoresOf(ranked),
    truth,
    detectionAreas,
    overlaps: boxOverlaps(ranked, truth),
  });
}

function scoresOf(ranked: readonly { score: number }[]): Float64Array {
  return Float64Array.from(ranked, ({ score }) => score);
}

const maskOf = <M>({ mask }: { mask: M }): M => mask;

function assertImage({ id, width, height, truth, detections }: EvaluatedImage): void {
  for (const { size } of [...truth, ...detections].map(maskOf)) {
    if (size[0] === height && size[1] === width) continue;
    throw new RangeError(
      `evaluateDetections: image ${id} has ${height}x${width} pixels (height x width), but a mask ${size.join('x')}`,
    );
  }
  const wrong = detections.find(({ score }) => !Number.isFinite(score));
  if (wrong)
    throw new RangeError(`evaluateDetections: image ${id} has a detection with the score ${wrong.score}`);
}
