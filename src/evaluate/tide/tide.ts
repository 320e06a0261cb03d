/**
 * What is wrong with each detection, in the terms of TIDE (Bolya et al. 2020, §2.2, https://arxiv.org/abs/2008.08115),
 * decided as their program does it (tidecv 1.0.1), whatever the score threshold.
 *
 * Where we differ: right is what COCO's matching takes, so that the figures add up to COCO's AP50 (tidecv takes the first
 * of two buildings overlapped equally, COCO the last; and leaves a detection out when more than half of it lies in a
 * crowd region, COCO from half on); and a detection that is left out is no error of any kind, while tidecv looks for one
 * and may mend it.
 *
 * G buildings and crowd regions of the image · K detections that count, in order of score
 */
import type { Detection, GroundTruth } from '../images/detections.ts';
import type { BuildingKind, DetectionKind } from '../outcome/outcome.ts';

/** From here on a detection is right (TIDE's foreground threshold); up to the other it is background. */
const FOREGROUND = 0.5;
const BACKGROUND = 0.1;

/** `TideImage` keeps indices of these. */
export const DETECTION_KINDS = [
  'hit',
  'class',
  'localisation',
  'both',
  'duplicate',
  'background',
  'crowd',
] as const satisfies readonly DetectionKind[];

/** The kinds of one image's detections and all that TIDE's figures need besides. Can be sent between threads. */
export interface TideImage {
  /** [G] category of each building; -1 for crowd regions */
  truth: Int32Array;
  /** [K] 0-1, descending */
  scores: Float64Array;
  /** [K] */
  categories: Int32Array;
  /** [K] index in `DETECTION_KINDS` */
  kinds: Uint8Array;
  /** [K] index in the ground truth of the building (or crowd region) that the kind speaks of; -1 = none */
  buildings: Int32Array;
  /** [K] IoU with it, 0-1; in a crowd region the share of the detection; 0 without one */
  ious: Float64Array;
}

/** One image. */
export interface TideInput {
  /** [G] */
  truth: readonly Pick<GroundTruth, 'category' | 'crowd'>[];
  /** [K] of all categories together, in order of score */
  ranked: readonly Pick<Detection, 'category' | 'score'>[];
  /** [K, G] IoU of the masks, by COCO's rule for crowd regions */
  overlaps: Float64Array;
  /** [K] index in the ground truth of what COCO's matching at IoU 0.5 takes; -1 = none */
  taken: Int32Array;
}

/** @returns the kind of every detection */
export function tideOf({ truth, ranked, overlaps, taken }: TideInput): TideImage {
  const K = ranked.length;
  const image: TideImage = {
    truth: Int32Array.from(truth, ({ crowd, category = 0 }) => (crowd ? -1 : category)),
    scores: Float64Array.from(ranked, ({ score }) => score),
    categories: Int32Array.from(ranked, ({ category = 0 }) => category),
    kinds: new Uint8Array(K),
    buildings: new Int32Array(K),
    ious: new Float64Array(K),
  };
  for (let k = 0; k < K; k++) {
    const row = overlaps.subarray(k * truth.length, (k + 1) * truth.length);
    const { kind, building } = taken[k]! < 0 ? errorOf(image, k, row) : kindOfTaken(image, taken[k]!);
    image.kinds[k] = DETECTION_KINDS.indexOf(kind);
    image.buildings[k] = building;
    image.ious[k] = building < 0 ? 0 : row[building]!;
  }
  return image;
}

interface Verdict {
  kind: DetectionKind;
  building: number;
}

function kindOfTaken({ truth }: TideImage, building: number): Verdict {
  return { kind: truth[building]! < 0 ? 'crowd' : 'hit', building };
}

/** The first that fits, in tidecv's order: a detection that covers a building badly and one of another category well is badly localised. */
function errorOf({ truth, categories }: TideImage, k: number, row: Float64Array): Verdict {
  let [own, other] = [-1, -1];
  for (let g = 0; g < row.length; g++) {
    if (truth[g] === -1) continue;
    if (truth[g] === categories[k]) own = own < 0 || row[g]! > row[own]! ? g : own;
    else other = other < 0 || row[g]! > row[other]! ? g : other;
  }
  const [ownIou, otherIou] = [row[own] ?? 0, row[other] ?? 0];
  if (ownIou >= BACKGROUND && ownIou <= FOREGROUND) return { kind: 'localisation', building: own };
  if (otherIou >= FOREGROUND) return { kind: 'class', building: other };
  // What it covers well has been taken, or it would have taken it itself.
  if (ownIou > FOREGROUND) return { kind: 'duplicate', building: own };
  if (otherIou > BACKGROUND) return { kind: 'both', building: other };
  return { kind: 'background', building: -1 };
}

/** What became of a building at a score threshold. */
export interface BuildingError {
  kind: BuildingKind;
  /** Index among the K detections of the one that the kind speaks of; -1 = none. */
  detection: number;
}

/**
 * A building that nothing found is put down to the best detection which mending would make it find, and only to this.
 * @param count how many detections there are, the best; all when left out
 * @returns [G]; null for crowd regions
 */
export function buildingErrors(
  { truth, kinds, buildings }: TideImage,
  count: number = kinds.length,
): (BuildingError | null)[] {
  const errors = Array.from(truth, (category): BuildingError | null =>
    category < 0 ? null : { kind: 'missed', detection: -1 },
  );
  for (let k = 0; k < count; k++) {
    const kind = DETECTION_KINDS[kinds[k]!]!;
    if (kind !== 'hit' && kind !== 'class' && kind !== 'localisation') continue;
    const error = errors[buildings[k]!]!;
    if (kind === 'hit' || error.kind === 'missed') Object.assign(error, { kind, detection: k });
  }
  return errors;
}
