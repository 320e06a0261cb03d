/**
 * The headline figures. COCO's protocol (Lin et al. 2014; pycocotools 2.0.11), equal to pycocotools to 1e-6, with
 * `maxDetections` in place of its 100, which is too few for dense towns. As in Detectron2, a detection's size class
 * follows its mask for masks and its box for boxes; ground truth is classed by its annotated area for both.
 */

import { rleArea } from '../masks/rle.ts';
import { averagePrecision, averageRecall, precisionCurves, rankAll } from './average-precision.ts';
import type { Detection, EvaluatedImage } from './detections.ts';
import { type ImageMatches, matchImage } from './matching.ts';
import { boxArea, boxOverlaps, maskOverlaps } from './overlaps.ts';
import { unionAgreement } from './union-agreement.ts';

/** COCO's figures, 0-1; null where the set holds no building of that size. */
export interface CocoMetrics {
  /** Mean over the IoU thresholds 0.5, 0.55, ... 0.95. */
  ap: number | null;
  ap50: number | null;
  ap75: number | null;
  /** Buildings up to 32² pixels. */
  ap_small: number | null;
  /** From 32² to 96² pixels. */
  ap_medium: number | null;
  /** From 96² pixels. */
  ap_large: number | null;
  /** Average recall with `maxDetections` an image. */
  ar: number | null;
}

/** The content of `metrics.json`. */
export interface Metrics {
  mask: CocoMetrics;
  box: CocoMetrics;
  /** Of all building pixels of an image together; mean over the images; 1 for an empty image left empty; null where no image has either. */
  iou: number | null;
  dice: number | null;
  images: number;
  /** Crowd regions are not counted. */
  buildings: number;
  /** With a score from `scoreThreshold` on. */
  detections: number;
}

/** Which detections count. */
export interface EvaluationOptions {
  /** The best of each image, for mAP. */
  maxDetections: number;
  /** 0-1; detections from here on form the mask of which IoU and Dice are measured. mAP takes them all. */
  scoreThreshold: number;
}

/**
 * @param images in any order, each id once
 * @throws RangeError for an id given twice, a score that is not a number, or a mask that has not its image's size
 */
export function evaluateDetections(images: readonly EvaluatedImage[], options: EvaluationOptions): Metrics {
  assertDistinctIds(images);
  const ordered = images.toSorted((a, b) => a.id - b.id);
  const masks: ImageMatches[] = [];
  const boxes: ImageMatches[] = [];
  let [iou, dice, detections] = [0, 0, 0];
  for (const image of ordered) {
    assertImage(image);
    const matches = matchMasksAndBoxes(image, options.maxDetections);
    masks.push(matches.mask);
    boxes.push(matches.box);
    const chosen = image.detections.filter(({ score }) => score >= options.scoreThreshold);
    const agreement = unionAgreement(image.truth.map(maskOf), chosen.map(maskOf));
    iou += agreement.iou;
    dice += agreement.dice;
    detections += chosen.length;
  }
  const isEmpty = detections === 0 && images.every(({ truth }) => truth.length === 0);
  const buildings = images.reduce((sum, { truth }) => sum + truth.filter(({ crowd }) => !crowd).length, 0);
  return {
    mask: summarize(masks),
    box: summarize(boxes),
    iou: isEmpty ? null : iou / images.length,
    dice: isEmpty ? null : dice / images.length,
    images: images.length,
    buildings,
    detections,
  };
}

const maskOf = <M>({ mask }: { mask: M }): M => mask;

function matchMasksAndBoxes(
  { truth, detections }: EvaluatedImage,
  maxDetections: number,
): { mask: ImageMatches; box: ImageMatches } {
  const ranked = rankDetections(detections).slice(0, maxDetections);
  const scores = Float64Array.from(ranked, ({ score }) => score);
  return {
    mask: matchImage({
      scores,
      truth,
      detectionAreas: ranked.map(({ mask }) => rleArea(mask)),
      overlaps: maskOverlaps(ranked, truth),
    }),
    box: matchImage({
      scores,
      truth,
      detectionAreas: ranked.map(({ box }) => boxArea(box)),
      overlaps: boxOverlaps(ranked, truth),
    }),
  };
}

/** @returns the highest score first; of equal scores, the first given first */
function rankDetections(detections: readonly Detection[]): Detection[] {
  return detections.toSorted((a, b) => b.score - a.score);
}

function summarize(images: readonly ImageMatches[]): CocoMetrics {
  const ranking = rankAll(images);
  const all = precisionCurves(images, 'all', ranking);
  return {
    ap: averagePrecision(all),
    ap50: averagePrecision(all, 0.5),
    ap75: averagePrecision(all, 0.75),
    ap_small: averagePrecision(precisionCurves(images, 'small', ranking)),
    ap_medium: averagePrecision(precisionCurves(images, 'medium', ranking)),
    ap_large: averagePrecision(precisionCurves(images, 'large', ranking)),
    ar: averageRecall(all),
  };
}

function assertDistinctIds(images: readonly EvaluatedImage[]): void {
  const seen = new Set<number>();
  for (const { id } of images) {
    if (seen.has(id)) throw new RangeError(`evaluateDetections: image id ${id} is given twice`);
    seen.add(id);
  }
}

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
