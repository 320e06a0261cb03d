/**
 * Whether scores can be read as probabilities: of the detections with a score of about 0.7, are 7 of 10 right? Detection
 * expected calibration error of Küppers et al. 2020 (eq. 4, with the score alone; https://arxiv.org/abs/2004.13546) at a
 * mask IoU of 0.5.
 */
import type { MeasuredImage } from '../matching/measure-image.ts';
import { gatherScores } from './scored-detections.ts';

const BINS = 10;

/** The detections whose scores lie from `low` on and below `high`; 1 is in the last. */
export interface CalibrationBin {
  low: number;
  high: number;
  detections: number;
  /** Means over these detections. */
  score: number;
  precision: number;
}

export interface Calibration {
  /** Empty ones left out. */
  bins: CalibrationBin[];
  /** 0-1: mean over all detections of the distance between mean score and precision of their bin. */
  error: number | null;
}

/** @returns no bins and null where there is no detection outside of crowd regions, or where scores lie outside of 0-1: those claim no probability */
export function calibrate(measured: readonly Pick<MeasuredImage, 'categories'>[]): Calibration {
  const { right, wrong } = gatherScores(measured);
  const total = right.length + wrong.length;
  const isProbability = (score: number) => score >= 0 && score <= 1;
  if (total === 0 || !right.every(isProbability) || !wrong.every(isProbability)) {
    return { bins: [], error: null };
  }
  const sums = Array.from({ length: BINS }, () => ({ detections: 0, scores: 0, right: 0 }));
  const add = (score: number, hit: 0 | 1) => {
    const sum = sums[Math.min(BINS - 1, Math.floor(score * BINS))]!;
    sum.detections++;
    sum.scores += score;
    sum.right += hit;
  };
  for (const score of right) add(score, 1);
  for (const score of wrong) add(score, 0);
  const bins = sums.flatMap(({ detections, scores, right }, bin) => {
    const [score, precision] = [scores / detections, right / detections];
    return detections === 0
      ? []
      : [{ low: bin / BINS, high: (bin + 1) / BINS, detections, score, precision }];
  });
  const error = bins.reduce(
    (sum, { detections, score, precision }) => sum + (detections / total) * Math.abs(precision - score),
    0,
  );
  return { bins, error };
}
