import type { OutcomeCounts } from '../outcome/count-outcome.ts';
import { ratesOf } from '../outcome/rates.ts';

/** What a run made of an image, from its score threshold on. */
export interface ImageResult {
  /** Null where there is neither building nor detection. */
  panoptic_quality: number | null;
  hits: number;
  /** Buildings that are no hit. */
  false_negatives: number;
  /** Detections that are no hit; those in crowd regions count as neither. */
  false_positives: number;
  /** Buildings. */
  merged: number;
  split: number;
}

export interface ChangedImage {
  id: number;
  name: string;
  /** Panoptic quality of b - that of a; an empty image rightly left empty has 1. */
  change: number;
  a: ImageResult;
  b: ImageResult;
}

export interface ChangedImages {
  /** How many became better, and how many worse, by 0.0005 or more. */
  better: number;
  worse: number;
  /** The most changed first, then the lower id. */
  best: ChangedImage[];
  worst: ChangedImage[];
}

interface RunCounts {
  /** [I] the same images in the same order for both runs */
  counts: readonly OutcomeCounts[];
  names: ReadonlyMap<number, string>;
}

/** Of panoptic quality: less does not show in its three decimals. */
const LEAST_CHANGE = 0.0005;

/** @param limit how many are named each way */
export function changedImages(a: RunCounts, b: RunCounts, limit: number): ChangedImages {
  const images = a.counts.map((counts, image): ChangedImage => {
    const [before, after] = [resultOf(counts), resultOf(b.counts[image]!)];
    const change = qualityOf(after) - qualityOf(before);
    return { id: counts.id, name: a.names.get(counts.id)!, change, a: before, b: after };
  });
  const better = images
    .filter(({ change }) => change >= LEAST_CHANGE)
    .sort((x, y) => y.change - x.change || x.id - y.id);
  const worse = images
    .filter(({ change }) => change <= -LEAST_CHANGE)
    .sort((x, y) => x.change - y.change || x.id - y.id);
  return {
    better: better.length,
    worse: worse.length,
    best: better.slice(0, limit),
    worst: worse.slice(0, limit),
  };
}

function resultOf(counts: OutcomeCounts): ImageResult {
  const { buildings, detections, hits, merged, split } = counts;
  const { panoptic_quality } = ratesOf(counts);
  return {
    panoptic_quality,
    hits,
    false_negatives: buildings - hits,
    false_positives: detections - hits,
    merged,
    split,
  };
}

function qualityOf({ panoptic_quality }: ImageResult): number {
  return panoptic_quality ?? 1;
}
