/**
 * Which detections of one image are right: COCO's greedy matching (pycocotools 2.0.11 `COCOeval.evaluateImg`).
 *
 * In order of score, each detection takes the free building that it overlaps most, if by at least the threshold. Crowd
 * regions, and buildings outside the area range, neither count nor punish: a detection takes one only when it finds no
 * building that counts, and is then left out. So is one that takes nothing and lies outside the area range itself.
 *
 * D detections in order of score · G buildings · T thresholds. All thresholds are matched at once, each a bit.
 */
import { SIZE_LIMITS, type SizeClass } from '../images/building-classes.ts';

/** COCO's ten: 0.5, 0.55, ... 0.95, as numpy's `linspace` has them to the last bit (0.95 - 0.5 is not quite 0.45). */
export const IOU_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9),
);
/** A bit for each of them. */
export const ALL_THRESHOLDS = (1 << IOU_THRESHOLDS.length) - 1;

const [SMALL, MEDIUM] = [SIZE_LIMITS.small ** 2, SIZE_LIMITS.medium ** 2];
/** COCO's size classes in square pixels, both ends included. */
export const AREA_RANGES: Readonly<Record<AreaRange, readonly [number, number]>> = {
  all: [0, 1e10],
  small: [0, SMALL],
  medium: [SMALL, MEDIUM],
  large: [MEDIUM, 1e10],
};
export type AreaRange = 'all' | SizeClass;

/** The result of one image within one area range. A detection that is neither right nor left out is wrong. */
export interface RangeMatches {
  /** Buildings that count. */
  positives: number;
  /** [D] bit t is set where the detection is right at the t-th of `IOU_THRESHOLDS` */
  right: Uint16Array;
  /** [D] bit t is set where it neither counts nor punishes there */
  leftOut: Uint16Array;
}

/**
 * The result of one image; all that the average precision needs, whatever set of images it is taken over.
 * Can be sent between threads.
 */
export interface ImageMatches {
  /** [D] 0-1, descending */
  scores: Float64Array;
  /** [D] index of the building or crowd region that each detection takes at IoU 0.5 over all sizes; -1 = none */
  buildings: Int32Array;
  ranges: Record<AreaRange, RangeMatches>;
}

/** One image seen as masks, as boundaries or as boxes. */
export interface MatchInput {
  /** [D] 0-1, descending */
  scores: Float64Array;
  /** [D] square pixels */
  detectionAreas: ArrayLike<number>;
  /** [G] */
  truth: readonly { area: number; crowd: boolean }[];
  /** [D, G] */
  overlaps: Float64Array;
}

/** @returns which detections are right, wrong or left out, for every area range and IoU threshold */
export function matchImage(input: MatchInput): ImageMatches {
  const candidates = findCandidates(input);
  const buildings = new Int32Array(input.scores.length).fill(-1);
  const all = matchRange(input, candidates, AREA_RANGES.all, (d, building, thresholds) => {
    if ((thresholds & 1) !== 0) buildings[d] = building;
  });
  return {
    scores: input.scores,
    buildings,
    ranges: {
      all,
      small: matchRange(input, candidates, AREA_RANGES.small),
      medium: matchRange(input, candidates, AREA_RANGES.medium),
      large: matchRange(input, candidates, AREA_RANGES.large),
    },
  };
}

interface Candidate {
  building: number;
  iou: number;
  /** Bits of the thresholds that the overlap reaches. */
  reached: number;
}

/** [D] the buildings overlapped enough for the lowest threshold, the best first; of equal ones the last first, as in COCO. */
function findCandidates({ scores, truth, overlaps }: MatchInput): Candidate[][] {
  const lowest = IOU_THRESHOLDS[0]!;
  return Array.from(scores, (_, d) => {
    const found: Candidate[] = [];
    for (let building = truth.length - 1; building >= 0; building--) {
      const iou = overlaps[d * truth.length + building]!;
      if (iou >= lowest) found.push({ building, iou, reached: reachedThresholds(iou) });
    }
    return found.length > 1 ? found.sort((a, b) => b.iou - a.iou) : found;
  });
}

function reachedThresholds(iou: number): number {
  let count = 0;
  while (count < IOU_THRESHOLDS.length && iou >= IOU_THRESHOLDS[count]!) count++;
  return (1 << count) - 1;
}

/** @param onTaken hears of every building taken, with the bits of the thresholds at which it is */
function matchRange(
  { truth, detectionAreas }: MatchInput,
  candidates: readonly Candidate[][],
  [low, high]: readonly [number, number],
  onTaken?: (d: number, building: number, thresholds: number) => void,
): RangeMatches {
  const isOutside = (area: number) => area < low || area > high;
  const ignored = truth.map(({ area, crowd }) => crowd || isOutside(area));
  /** [G] bits of the thresholds at which the building is no longer free */
  const taken = new Uint16Array(truth.length);
  const take = (d: number, wanted: number, takeIgnored: boolean): number => {
    let open = wanted;
    for (const { building, reached } of candidates[d]!) {
      if (ignored[building] !== takeIgnored) continue;
      const thresholds = reached & open & (truth[building]!.crowd ? ALL_THRESHOLDS : ~taken[building]!);
      if (thresholds === 0) continue;
      taken[building]! |= thresholds;
      open &= ~thresholds;
      onTaken?.(d, building, thresholds);
    }
    return open;
  };
  const right = new Uint16Array(candidates.length);
  const leftOut = new Uint16Array(candidates.length);
  for (let d = 0; d < candidates.length; d++) {
    const notRight = take(d, ALL_THRESHOLDS, false);
    const free = take(d, notRight, true);
    right[d] = ALL_THRESHOLDS & ~notRight;
    leftOut[d] = isOutside(detectionAreas[d]!) ? notRight : notRight & ~free;
  }
  return { positives: ignored.filter((isIgnored) => !isIgnored).length, right, leftOut };
}
