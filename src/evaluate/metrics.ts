/**
 * What is measured of a set of images. Rates and figures are 0-1 unless something else is said; null = undefined, as
 * there was nothing to measure it on.
 */
import type { CocoMetrics } from './coco/coco-figures.ts';
import type { SizeClass } from './outcome/outcome.ts';

/** The content of `metrics.json`, and what `aerial evaluate` prints. */
export interface Metrics {
  /** COCO's figures, by the IoU of masks; mean over the categories where there are several. */
  mask: CocoMetrics;
  /** Matched by the smaller of the IoU of masks and that of their rims. */
  boundary: CocoMetrics;
  box: CocoMetrics;
  /** Of all building pixels of an image together; mean over the images; 1 for an empty image left empty; null where no image has either. */
  iou: number | null;
  dice: number | null;
  /** The same of the pixels of all images together, in which large images and dense ones weigh more. */
  pixel_iou: number | null;
  pixel_dice: number | null;
  /** From here on detections count for all below, and for the pixels above. mAP, the errors and the calibration take them all. */
  score_threshold: number;
  /** The best of each image and category, which alone count for anything. */
  max_detections: number;
  /** At a mask IoU of 0.5. */
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** Kirillov et al. 2019: F1 times the mean IoU of the hits. */
  panoptic_quality: number | null;
  merged: SharedFigures;
  split: SharedFigures;
  errors: ErrorFigures;
  /** Mean distance between score and precision (IoU 0.5), over all detections; null where a score is outside of 0-1. */
  calibration_error: number | null;
  by_size: Record<SizeClass, BuildingFigures>;
  /** By the room between buildings. */
  by_gap: Record<GapClass, BuildingFigures>;
  /** By the share of an image that is built up. */
  by_density: Record<DensityClass, GroupFigures>;
  /** By `origin`; empty where no image has one. */
  by_source: Record<string, GroupFigures>;
  images: number;
  /** Crowd regions are not counted. */
  buildings: number;
  /** From the score threshold on, without those in crowd regions. */
  detections: number;
  /** 95 % bootstrap intervals over images of headline figures; null when they were not asked for. */
  intervals: Record<IntervalKey, Interval | null> | null;
}

/** Buildings that share a detection (merged), or detections that share a building (split). */
export interface SharedFigures {
  buildings: number;
  /** The detections that are to blame. */
  detections: number;
  /** Share of all buildings. */
  rate: number | null;
}

/**
 * TIDE (Bolya et al. 2020, https://arxiv.org/abs/2008.08115): by how much AP50 would rise if all errors of a kind were
 * mended and nothing else. `class` and `both` are 0 with one category.
 */
export interface ErrorFigures {
  class: number | null;
  localisation: number | null;
  both: number | null;
  duplicate: number | null;
  background: number | null;
  missed: number | null;
  /** If there were no false positives, or no false negatives, of whatever kind. */
  false_positive: number | null;
  false_negative: number | null;
}

/** `touching`: up to 2 pixels to the next building; `near`: up to 8; `apart`: more, or no other in the image. */
export const GAP_CLASSES = ['touching', 'near', 'apart'] as const;
export type GapClass = (typeof GAP_CLASSES)[number];

/** Share of the image's pixels that are building: `empty`: 0; `sparse`: below 10 %; `medium`: below 25 %; `dense`: from there on. */
export const DENSITY_CLASSES = ['empty', 'sparse', 'medium', 'dense'] as const;
export type DensityClass = (typeof DENSITY_CLASSES)[number];

/** Figures of some of the buildings; false alarms belong to none of them. */
export interface BuildingFigures {
  buildings: number;
  recall: number | null;
  merged_rate: number | null;
  split_rate: number | null;
}

/** Figures of some of the images. */
export interface GroupFigures extends BuildingFigures {
  images: number;
  detections: number;
  mask_ap: number | null;
  mask_ap50: number | null;
  precision: number | null;
  f1: number | null;
}

/** The figures that have an interval. */
export const INTERVAL_KEYS = [
  'mask_ap',
  'mask_ap50',
  'boundary_ap',
  'box_ap',
  'iou',
  'dice',
  'precision',
  'recall',
  'f1',
  'panoptic_quality',
  'merged_rate',
  'split_rate',
] as const;
export type IntervalKey = (typeof INTERVAL_KEYS)[number];

export interface Interval {
  low: number;
  high: number;
}

/** What is drawn rather than read; the content of `curves.json`. */
export interface Curves {
  /** Of masks at IoU 0.5 and 0.75: COCO's precision at its 101 recall points, mean over the categories; empty where undefined. */
  precision_recall: { iou: number; points: { recall: number; precision: number }[] }[];
  /** Of masks at IoU 0.5: what each score threshold gives, strictly descending thresholds, at most 201 of them. */
  thresholds: { score: number; precision: number; recall: number; f1: number }[];
  /** Ten bins of score; empty ones left out. `score` and `precision` are means over the bin's detections. */
  calibration: { low: number; high: number; detections: number; score: number; precision: number }[];
}
