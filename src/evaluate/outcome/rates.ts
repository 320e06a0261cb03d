/** What is counted of any number of buildings, from the score threshold on. Crowd regions are not counted. */
export interface BuildingTally {
  buildings: number;
  /** Found with a mask IoU of at least 0.5. */
  hits: number;
  /** Buildings that share a detection. */
  merged: number;
  /** Buildings that several detections share. */
  split: number;
}

/** What is counted of any number of images. */
export interface Tally extends BuildingTally {
  /** Those in crowd regions are not counted. */
  detections: number;
  /** Sum over the hits. */
  hitIou: number;
}

/** All 0-1; null where there was nothing to measure it on. */
export interface BuildingRates {
  recall: number | null;
  /** Shares of all buildings. */
  merged_rate: number | null;
  split_rate: number | null;
}

export interface Rates extends BuildingRates {
  precision: number | null;
  f1: number | null;
  /** Sum of the hits' IoU / (hits + half of the wrong detections + half of the buildings not found): Kirillov et al. 2019, eq. 1, https://arxiv.org/abs/1801.00868. */
  panoptic_quality: number | null;
}

export function ratesOf(tally: Tally): Rates {
  const { buildings, detections, hits, hitIou } = tally;
  const halves = (buildings + detections) / 2;
  return {
    ...buildingRates(tally),
    precision: share(hits, detections),
    f1: share(hits, halves),
    panoptic_quality: share(hitIou, halves),
  };
}

export function buildingRates({ buildings, hits, merged, split }: BuildingTally): BuildingRates {
  return {
    recall: share(hits, buildings),
    merged_rate: share(merged, buildings),
    split_rate: share(split, buildings),
  };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
