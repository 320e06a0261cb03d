/**
 * The errors that people look for in pictures, and what is drawn how. Colours are of Okabe and Ito's kind, bright enough
 * for imagery; each has a dash pattern of its own, too.
 */
import type { SizeClass } from '../../evaluate/images/building-classes.ts';
import type { ImageOutcome } from '../../evaluate/outcome/outcome.ts';
import type { BuildingClass, DetectionClass } from '../outcome-classes.ts';

/** Kinds in the order of the page. */
export const ERROR_KINDS = {
  missed: { title: 'missed', meaning: 'A building without a detection of its own.' },
  localisation: {
    title: 'badly outlined',
    meaning: 'A building that its best detection covers by an IoU of 10 to 50 % only.',
  },
  class: { title: 'wrong category', meaning: 'A building that was outlined well, as another category.' },
  background: { title: 'false alarm', meaning: 'A detection where there is no building.' },
  duplicate: {
    title: 'duplicate',
    meaning: 'A good outline of a building that another detection has found.',
  },
  surplus: {
    title: 'surplus',
    meaning: 'A bad outline, or one of another category, of a building that was found or counts above.',
  },
  merged: { title: 'merged', meaning: 'A building that shares one detection with a neighbour.' },
  split: { title: 'split', meaning: 'A building that is cut into several detections.' },
} as const satisfies Record<string, { title: string; meaning: string }>;
export type ErrorKind = keyof typeof ERROR_KINDS;

/** Kinds that have no mark are drawn as what else they are. */
export function markOfError(kind: ErrorKind): Mark | null {
  return kind === 'surplus' ? null : kind;
}

export type Mark = BuildingClass | DetectionClass;

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
} as const satisfies Record<Mark, { color: string; dash: string; width: number }>;

export const MARK_ORDER = Object.keys(MARKS) as Mark[];

/** One thing that went wrong. */
export interface ImageError {
  kind: ErrorKind;
  /** Of the building; of the detection where it is about that. */
  size: SizeClass;
}

/**
 * A building that was not found counts once, and so does a wrong detection, unless it is the one that such a building is
 * badly outlined or of the wrong category by. Thus `missed`, `localisation` and `class` are all buildings not found, and
 * the latter two, `background`, `duplicate` and `surplus` all wrong detections. Merged and split buildings count besides,
 * found or not.
 */
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
    errors.push({ kind: kind === 'background' || kind === 'duplicate' ? kind : 'surplus', size });
  }
  return errors;
}
