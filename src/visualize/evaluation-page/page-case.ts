import type { EvaluatedImage } from '../../evaluate/images/detections.ts';
import type { ImageFigures } from '../../evaluate/outcome/image-figures.ts';
import type { ImageOutcome } from '../../evaluate/outcome/outcome.ts';

/** An image that the page shows. */
export interface PageCase {
  image: EvaluatedImage;
  outcome: ImageOutcome;
  figures: ImageFigures;
  /** Brings the encoded file, when the page comes to it; null where there is none. */
  picture: (() => Promise<Buffer>) | null;
  /** Of its comparison PNG, relative to the page. */
  link: string | null;
}

type Ranked = Pick<PageCase, 'outcome' | 'figures'>;

/**
 * Order of two images for `sort`: the lower panoptic quality first, then the one with more errors, then the lower id.
 * Images of which nothing can be measured (no building, and none detected) come last.
 */
export function worstFirst(a: Ranked, b: Ranked): number {
  const quality = ({ figures }: Ranked) => figures.panoptic_quality ?? Infinity;
  const [ofA, ofB] = [quality(a), quality(b)];
  if (ofA !== ofB) return ofA < ofB ? -1 : 1;
  return wrongOf(b.outcome) - wrongOf(a.outcome) || a.outcome.id - b.outcome.id;
}

/** Buildings that were not found, and detections that are no building. */
function wrongOf({ buildings, detections }: ImageOutcome): number {
  const missed = buildings.filter(({ kind }) => kind !== 'hit');
  const wrong = detections.filter(({ kind }) => kind !== 'hit' && kind !== 'crowd');
  return missed.length + wrong.length;
}
