/**
 * What became of each building and of each detection of an image, at one score threshold: what people look at.
 */
import type { SizeClass } from '../images/building-classes.ts';
import type { UnionPixels } from './union-agreement.ts';

/**
 * Found (`hit`: IoU of the masks >= 0.5), or why not, in TIDE's terms (Bolya et al. 2020): a detection of another category
 * covers it that well (`class`), one of its own covers it badly (`localisation`: IoU from 0.1), or nothing does (`missed`).
 * A detection speaks of one building only, that which it covers best.
 */
export type BuildingKind = 'hit' | 'class' | 'localisation' | 'missed';

/**
 * Right, or TIDE's kinds of false positives: see `tideOf`; `crowd`: in a crowd region, neither right nor wrong. It depends
 * on better detections only, not on the score threshold.
 */
export type DetectionKind = 'hit' | 'class' | 'localisation' | 'both' | 'duplicate' | 'background' | 'crowd';

export interface BuildingOutcome {
  /** Index in the image's ground truth. */
  truth: number;
  kind: BuildingKind;
  /** One detection covers it and others: see `correspondence`. Such a building may be a hit all the same, a large one with an annex. */
  merged: boolean;
  /** Several detections share it. */
  split: boolean;
  /** Index in the image's list of the detection that its kind speaks of; -1 = none. */
  detection: number;
  /** Of the two masks, 0-1; 0 without a detection. */
  iou: number;
  /** By its annotated area. */
  size: SizeClass;
  /** Square pixels, as annotated. */
  area: number;
  /** Pixels to the nearest other building, 0 where they touch: see `buildingGaps`; null where the image has no other. */
  gap: number | null;
}

export interface DetectionOutcome {
  /** Index in the image's list. */
  detection: number;
  kind: DetectionKind;
  /** It covers two buildings or more. */
  merges: boolean;
  /** It is one of several that share a building. */
  piece: boolean;
  /** Index in the ground truth of the building (or crowd region) that its kind speaks of; -1 = none. */
  truth: number;
  /** Of the two masks, 0-1; 0 without a building. Of a crowd region: the share of the detection that lies in it. */
  iou: number;
  /** By its mask. */
  size: SizeClass;
  score: number;
}

export interface ImageOutcome {
  id: number;
  name: string;
  origin: string | null;
  /** [height, width] in pixels */
  size: [number, number];
  /** Crowd regions are left out. */
  buildings: BuildingOutcome[];
  /** Those from the score threshold on, the best first; of each category at most as many as were measured. */
  detections: DetectionOutcome[];
  /** Of all buildings together, and of all these detections; what lies in crowd regions is not counted. */
  pixels: UnionPixels;
}
