/**
 * Which detections of one image are right: COCO's greedy matching (pycocotools 2.0.11 `COCOeval.evaluateImg`).
 *
 * In order of score, each detection takes the free building that it overlaps most, if by at least the threshold. Crowd
 * regions, and buildings outside the area range, neither count nor punish: a detection takes one only when it finds no
 * building that counts, and is then left out. So is one that takes nothing and lies outside the area range itself.
 *
 * D detections in order of score · G buildings · T thresholds · A area ranges
 */

/** COCO's ten: 0.5, 0.55, ... 0.95, as numpy's `linspace` has them to the last bit (0.95 - 0.5 is not quite 0.45). */
export const IOU_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9),
);

/** COCO's size classes in square pixels, both ends included. */
export const AREA_RANGES = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const;
export type AreaRange = keyof typeof AREA_RANGES;

export const OUTCOME = { falsePositive: 0, truePositive: 1, leftOut: 2 } as const;

/** The result of one image within one area range. */
export interface RangeMatches {
  /** Buildings that count. */
  positives: number;
  /** [T, D] of `OUTCOME` */
  outcomes: Uint8Array;
}

/** The result of one image; all that the average precision needs, whatever set of images it is taken over. */
export interface ImageMatches {
  /** [D] 0-1, descending */
  scores: Float64Array;
  ranges: Record<AreaRange, RangeMatches>;
}

/** One image seen as masks or as boxes. */
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
  return {
    scores: input.scores,
    ranges: {
      all: matchRange(input, candidates, AREA_RANGES.all),
      small: matchRange(input, candidates, AREA_RANGES.small),
      medium: matchRange(input, candidates, AREA_RANGES.medium),
      large: matchRange(input, candidates, AREA_RANGES.large),
    },
  };
}

interface Candidate {
  building: number;
  iou: number;
}

/** [D] lists of the buildings overlapped enough for the lowest threshold: few, where G may be hundreds. */
function findCandidates({ scores, truth, overlaps }: MatchInput): Candidate[][] {
  const lowest = IOU_THRESHOLDS[0]!;
  return Array.from(scores, (_, d) => {
    const found: Candidate[] = [];
    for (let g = 0; g < truth.length; g++) {
      const iou = overlaps[d * truth.length + g]!;
      if (iou >= lowest) found.push({ building: g, iou });
    }
    return found;
  });
}

function matchRange(
  input: MatchInput,
  candidates: readonly Candidate[][],
  [low, high]: readonly [number, number],
): RangeMatches {
  const isOutside = (area: number) => area < low || area > high;
  const ignored = input.truth.map(({ area, crowd }) => crowd || isOutside(area));
  // Buildings that count come first, the others after them, each group in the order given.
  const ordered = candidates.map((found) => [
    ...found.filter(({ building }) => !ignored[building]),
    ...found.filter(({ building }) => ignored[building]),
  ]);
  const count = input.scores.length;
  const outcomes = new Uint8Array(IOU_THRESHOLDS.length * count);
  for (const [t, threshold] of IOU_THRESHOLDS.entries()) {
    const buildings = { truth: input.truth, ignored, taken: new Uint8Array(input.truth.length) };
    for (let d = 0; d < count; d++) {
      const match = bestMatch(ordered[d]!, threshold, buildings);
      if (match >= 0) buildings.taken[match] = 1;
      const isLeftOut = match >= 0 ? ignored[match] : isOutside(input.detectionAreas[d]!);
      if (isLeftOut) outcomes[t * count + d] = OUTCOME.leftOut;
      else if (match >= 0) outcomes[t * count + d] = OUTCOME.truePositive;
    }
  }
  return { positives: ignored.filter((isIgnored) => !isIgnored).length, outcomes };
}

/** [G] each */
interface Buildings {
  truth: MatchInput['truth'];
  ignored: readonly boolean[];
  taken: Uint8Array;
}

/** @returns index of the building, or -1; of equal overlaps the later one wins, as in COCO */
function bestMatch(
  candidates: readonly Candidate[],
  threshold: number,
  { truth, ignored, taken }: Buildings,
): number {
  let best = -1;
  let bestIou = threshold;
  for (const { building, iou } of candidates) {
    if (taken[building] === 1 && !truth[building]!.crowd) continue;
    if (best >= 0 && !ignored[best] && ignored[building]) break;
    if (iou < bestIou) continue;
    best = building;
    bestIou = iou;
  }
  return best;
}
