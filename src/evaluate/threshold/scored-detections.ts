import type { CategoryMatches } from '../matching/measure-image.ts';

/** The detections of a set by whether they are right at a mask IoU of 0.5; those in crowd regions are neither. */
export interface ScoredDetections {
  /** Scores, descending. */
  right: Float64Array;
  wrong: Float64Array;
  /** Crowd regions are not counted. */
  buildings: number;
}

/** All categories together. */
export function gatherScores(
  images: readonly { categories: readonly CategoryMatches[] }[],
): ScoredDetections {
  const [right, wrong]: [number[], number[]] = [[], []];
  let buildings = 0;
  for (const { categories } of images) {
    for (const { mask } of categories) {
      const matches = mask.ranges.all;
      buildings += matches.positives;
      for (const [d, score] of mask.scores.entries()) {
        if (matches.right[d]! & 1) right.push(score);
        else if (!(matches.leftOut[d]! & 1)) wrong.push(score);
      }
    }
  }
  return { right: descending(right), wrong: descending(wrong), buildings };
}

function descending(scores: readonly number[]): Float64Array {
  return Float64Array.from(scores).sort().reverse();
}
