import type { IntervalKey } from '../evaluate/intervals/headline-figures.ts';
import type { ErrorFigures } from '../evaluate/tide/tide-figures.ts';

/** What the figures are called in tables. */
export const FIGURE_NAMES: Readonly<Record<IntervalKey, string>> = {
  mask_ap: 'mask mAP',
  mask_ap50: 'mask mAP50',
  boundary_ap: 'boundary mAP',
  box_ap: 'box mAP',
  iou: 'IoU',
  dice: 'Dice',
  precision: 'precision',
  recall: 'recall',
  f1: 'F1',
  panoptic_quality: 'panoptic quality',
  merged_rate: 'merged buildings',
  split_rate: 'split buildings',
};

/** What TIDE's errors are called there, as in the report's page. */
export const ERROR_NAMES: Readonly<Record<keyof ErrorFigures, string>> = {
  missed: 'missed',
  background: 'false alarm',
  localisation: 'badly outlined',
  duplicate: 'duplicate',
  class: 'wrong category',
  both: 'wrong category and badly outlined',
  false_positive: 'all false positives',
  false_negative: 'all false negatives',
};
