/**
 * What is measured of a set of images. Rates and figures are 0-1 unless something else is said; null = undefined, as
 * there was nothing to measure it on.
 */
import type { CocoMetrics } from './coco/coco-figures.ts';
import type { PrecisionRecall } from './coco/precision-recall.ts';
import type { BuildingFigures, GroupFigures } from './groups.ts';
import type { DensityClass, GapClass, SizeClass } from './images/building-classes.ts';
import type { Interval } from './intervals/bootstrap.ts';
import type { IntervalKey } from './intervals/headline-figures.ts';
import type { CalibrationBin } from './threshold/calibration.ts';
import type { ThresholdPoint } from './threshold/threshold.ts';
import type { ErrorFigures } from './tide/tide-figures.ts';

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

/** What is drawn rather than read; the content of `curves.json`. */
export interface Curves {
  /** Of masks at IoU 0.5 and 0.75. */
  precision_recall: PrecisionRecall[];
  /** Strictly descending thresholds, at most 201 of them. */
  thresholds: ThresholdPoint[];
  /** Ten bins of score; empty ones left out. */
  calibration: CalibrationBin[];
}
