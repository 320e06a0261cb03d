/**
 * The errors that people look for in pictures, and what is drawn how. Colours are of Okabe and Ito's kind, bright enough
 * for imagery; each has a dash pattern of its own, too.
 */
import type {
  BuildingOutcome,
  DetectionOutcome,
  ImageOutcome,
  SizeClass,
} from '../../evaluate/outcome/outcome.ts';

export const SIZES = ['small', 'medium', 'large'] as const satisfies readonly SizeClass[];

/** Kinds in the order of the page. */
export const ERROR_KINDS = {
  missed: { title: 'missed', meaning: 'A building without a detection of its own.' },
  background: { title: 'false alarm', meaning: 'A detection where there is no building.' },
  localisation: { title: 'badly outlined', meaning: 'Building and detection overlap by 10 to 50 % only.' },
  merged: { title: 'merged', meaning: 'A building that shares one detection with a neighbour.' },
  split: { title: 'split', meaning: 'A building that is cut into several detections.' },
  duplicate: { title: 'duplicate', meaning: 'A detection of a building that another one has found.' },
  class: { title: 'wrong category', meaning: 'An outline in the right place, of another category.' },
} as const satisfies Record<string, { title: string; meaning: string }>;
export type ErrorKind = keyof typeof ERROR_KINDS;

/** What an outline may mean; drawn in this order, errors on top. */
export const MARKS = {
  crowd: { color: '#d7dce0', dash: '1 4', width: 1.4 },
  hit: { color: '#5cc3ff', dash: 'none', width: 1.6 },
  class: { color: '#c9b0ff', dash: '3 1', width: 2 },
  duplicate: { color: '#ffffff', dash: '4 4', width: 2 },
  localisation: { color: '#ffa62b', dash: '8 3 2 3', width: 2.2 },
  split: { color: '#3df0ae', dash: '10 3 2 3 2 3', width: 2.2 },
  merged: { color: '#ff8df2', dash: '14 4', width: 2.4 },
  background: { color: '#ff5a3c', dash: '2 2.5', width: 2.4 },
  missed: { color: '#ffe23d', dash: '6 3', width: 2.4 },
} as const satisfies Record<ErrorKind | 'hit' | 'crowd', { color: string; dash: string; width: number }>;
export type Mark = keyof typeof MARKS;

export const MARK_ORDER = Object.keys(MARKS) as Mark[];

/** Sharing a detection is what one wants to see first, also of a building that counts as found. */
export function markOfBuilding({ kind, merged, split }: BuildingOutcome): Mark {
  return merged ? 'merged' : split ? 'split' : kind;
}

export function markOfDetection({ kind, merges, piece }: DetectionOutcome): Mark {
  if (merges) return 'merged';
  if (piece) return 'split';
  return kind === 'both' ? 'class' : kind;
}

/** One thing that went wrong. */
export interface ImageError {
  kind: ErrorKind;
  size: SizeClass;
}

/** What went wrong in an image: each building once a kind, and each detection that is not what its building's error is. */
export function errorsOf({ buildings, detections }: ImageOutcome): ImageError[] {
  const errors: ImageError[] = [];
  const told = new Set<number>();
  for (const { kind, size, merged, split, detection } of buildings) {
    if (kind !== 'hit') {
      errors.push({ kind, size });
      told.add(detection);
    }
    if (merged) errors.push({ kind: 'merged', size });
    if (split) errors.push({ kind: 'split', size });
  }
  for (const { kind, size, detection } of detections) {
    if (kind === 'hit' || kind === 'crowd' || told.has(detection)) continue;
    errors.push({ kind: kind === 'both' ? 'class' : kind, size });
  }
  return errors;
}
