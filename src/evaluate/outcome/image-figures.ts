import { countOutcome } from './count-outcome.ts';
import type { ImageOutcome } from './outcome.ts';
import { ratesOf } from './rates.ts';
import { unionAgreement } from './union-agreement.ts';

/** Figures of one image at the score threshold of its outcome, 0-1; null where there is nothing to measure them on. */
export interface ImageFigures {
  precision: number | null;
  recall: number | null;
  f1: number | null;
  /** Of all building pixels together; 1 where there are none and none were found. */
  iou: number;
  dice: number;
  /** Null, as F1, only where there is neither building nor detection: nothing went wrong there. */
  panoptic_quality: number | null;
}

export function figuresOfImage(outcome: ImageOutcome): ImageFigures {
  const { precision, recall, f1, panoptic_quality } = ratesOf(countOutcome(outcome));
  return { precision, recall, f1, ...unionAgreement(outcome.pixels), panoptic_quality };
}
