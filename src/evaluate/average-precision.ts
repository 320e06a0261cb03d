/**
 * COCO's average precision and recall from the matches of any set of images
 * (pycocotools 2.0.11 `COCOeval.accumulate` and `summarize`).
 *
 * T IoU thresholds · R = 101 recall points 0, 0.01, ... 1 · K detections of all images together
 */
import { type AreaRange, type ImageMatches, IOU_THRESHOLDS, OUTCOME } from './matching.ts';

const RECALL_POINTS = 101;

/** Precision over recall, pooled over images. */
export interface PrecisionCurves {
  /** [T, R] highest precision among the points of at least that recall; 0 where it is not reached */
  precision: Float64Array;
  /** [T] recall of all detections together */
  recall: Float64Array;
}

/**
 * @param images in the order of their ids: it decides between detections of equal score
 * @returns null when no building counts within the range, so that precision and recall are undefined
 */
export function precisionCurves(
  images: readonly ImageMatches[],
  range: AreaRange,
  ranking: Ranking = rankAll(images),
): PrecisionCurves | null {
  const positives = images.reduce((sum, image) => sum + image.ranges[range].positives, 0);
  if (positives === 0) return null;
  const curves = {
    precision: new Float64Array(IOU_THRESHOLDS.length * RECALL_POINTS),
    recall: new Float64Array(IOU_THRESHOLDS.length),
  };
  for (let t = 0; t < IOU_THRESHOLDS.length; t++) {
    const outcomes = images.map(({ scores, ranges }) =>
      thresholdOutcomes(ranges[range].outcomes, t, scores.length),
    );
    const points = curvePoints(outcomes, ranking, positives);
    curves.recall[t] = points.recall.at(-1) ?? 0;
    const row = curves.precision.subarray(t * RECALL_POINTS, (t + 1) * RECALL_POINTS);
    samplePrecision(points, row);
  }
  return curves;
}

/** All detections of all images, the highest score first. */
export interface Ranking {
  /** [K] */
  image: Uint32Array;
  /** [K] index of the detection within its image */
  detection: Uint32Array;
}

/** Orders by score; ties keep the order of the images, then that within the image. */
export function rankAll(images: readonly ImageMatches[]): Ranking {
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

interface CurvePoints {
  /** [K] */
  precision: Float64Array;
  /** [K] ascending */
  recall: Float64Array;
}

/** @returns [D] the row of one IoU threshold */
function thresholdOutcomes(outcomes: Uint8Array, t: number, count: number): Uint8Array {
  return outcomes.subarray(t * count, (t + 1) * count);
}

/** @param outcomes of each image, [D] */
function curvePoints(outcomes: readonly Uint8Array[], ranking: Ranking, positives: number): CurvePoints {
  const count = ranking.image.length;
  const precision = new Float64Array(count);
  const recall = new Float64Array(count);
  let [right, wrong] = [0, 0];
  for (let k = 0; k < count; k++) {
    const outcome = outcomes[ranking.image[k]!]![ranking.detection[k]!];
    if (outcome === OUTCOME.truePositive) right++;
    else if (outcome === OUTCOME.falsePositive) wrong++;
    recall[k] = right / positives;
    precision[k] = right / (wrong + right + Number.EPSILON);
  }
  return { precision, recall };
}

/** Fills [R]: precision made falling (each point takes the best that follows), read at the recall points. */
function samplePrecision({ precision, recall }: CurvePoints, samples: Float64Array): void {
  const envelope = Float64Array.from(precision);
  for (let k = envelope.length - 1; k > 0; k--) {
    if (envelope[k]! > envelope[k - 1]!) envelope[k - 1] = envelope[k]!;
  }
  let k = 0;
  for (let r = 0; r < RECALL_POINTS; r++) {
    const point = r === RECALL_POINTS - 1 ? 1 : r * 0.01;
    while (k < recall.length && recall[k]! < point) k++;
    if (k === recall.length) return;
    samples[r] = envelope[k]!;
  }
}

/** @returns mean precision over all recall points, and over all thresholds or the one given; null where undefined */
export function averagePrecision(curves: PrecisionCurves | null, iouThreshold?: number): number | null {
  if (!curves) return null;
  if (iouThreshold === undefined) return mean(curves.precision);
  const t = IOU_THRESHOLDS.findIndex((threshold) => Math.abs(threshold - iouThreshold) < 1e-9);
  if (t < 0) throw new RangeError(`averagePrecision: ${iouThreshold} is not one of COCO's IoU thresholds`);
  return mean(curves.precision.subarray(t * RECALL_POINTS, (t + 1) * RECALL_POINTS));
}

/** @returns mean recall over all thresholds; null where undefined */
export function averageRecall(curves: PrecisionCurves | null): number | null {
  return curves && mean(curves.recall);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
