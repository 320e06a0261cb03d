/**
 * What each score threshold would give, and which one to take. COCO's matching of the best detections of an image does
 * not depend on the weaker ones, so one matching of all of them answers for every threshold.
 */
import type { MeasuredImage } from '../matching/measure-image.ts';
import { gatherScores, type ScoredDetections } from './scored-detections.ts';

/** A threshold, and what the detections from it on are worth at a mask IoU of 0.5. All 0-1. */
export interface ThresholdPoint {
  score: number;
  precision: number;
  recall: number;
  f1: number;
}

/** Where nobody has chosen, or no detection is right, none is better than another. */
export const NEUTRAL_THRESHOLD = 0.5;

/** Points of a curve at the most: enough for a drawing as wide as a page. */
const CURVE_POINTS = 201;

/**
 * @param measured of images on which nothing is reported afterwards: a threshold that was chosen on the test images makes
 *   their precision and recall look better than those of any others
 * @returns the one of all scores that occur with the highest F1; of equal ones, the highest score. Null where no
 *   detection is right
 */
export function chooseThreshold(measured: readonly Matched[]): ThresholdPoint | null {
  let best: ThresholdPoint | null = null;
  for (const point of walkThresholds(gatherScores(measured))) {
    if (point.f1 > (best?.f1 ?? 0)) best = point;
  }
  return best;
}

/**
 * @returns strictly descending thresholds, all of which occur as scores: every one where there are few; else one for each
 *   200th part of the range of scores. Empty without detections outside of crowd regions, or without buildings
 */
export function thresholdCurve(measured: readonly Matched[]): ThresholdPoint[] {
  const scores = gatherScores(measured);
  if (scores.buildings === 0) return [];
  const points = [...walkThresholds(scores)];
  if (points.length <= CURVE_POINTS) return points;
  const [highest, lowest] = [points[0]!.score, points.at(-1)!.score];
  const step = (highest - lowest) / (CURVE_POINTS - 1);
  const cellOf = ({ score }: ThresholdPoint) =>
    Math.min(CURVE_POINTS - 1, Math.ceil((highest - score) / step));
  return points.filter((point, i) => {
    const next = points[i + 1];
    return next === undefined || cellOf(next) !== cellOf(point);
  });
}

type Matched = Pick<MeasuredImage, 'categories'>;

/** For each score that occurs, the highest first. */
function* walkThresholds({ right, wrong, buildings }: ScoredDetections): Generator<ThresholdPoint> {
  let [hits, alarms] = [0, 0];
  while (hits < right.length || alarms < wrong.length) {
    const score = Math.max(right[hits] ?? -Infinity, wrong[alarms] ?? -Infinity);
    while (right[hits] === score) hits++;
    while (wrong[alarms] === score) alarms++;
    const detections = hits + alarms;
    yield {
      score,
      precision: hits / detections,
      recall: buildings === 0 ? 0 : hits / buildings,
      f1: (2 * hits) / (detections + buildings),
    };
  }
}
