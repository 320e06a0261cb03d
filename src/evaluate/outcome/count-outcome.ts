/**
 * What an image adds to the figures at a score threshold: small numbers, kept for the set.
 */
import {
  type DensityClass,
  densityClassOf,
  type GapClass,
  gapClassOf,
  type SizeClass,
} from '../images/building-classes.ts';
import type { BuildingOutcome, ImageOutcome } from './outcome.ts';
import type { BuildingTally, Tally } from './rates.ts';
import type { UnionPixels } from './union-agreement.ts';

export interface OutcomeCounts extends Tally {
  id: number;
  origin: string | null;
  density: DensityClass;
  pixels: UnionPixels;
  /** Detections that merge buildings. */
  merging: number;
  /** Detections that are pieces of a split building. */
  pieces: number;
  by_size: Record<SizeClass, BuildingTally>;
  by_gap: Record<GapClass, BuildingTally>;
}

export function countOutcome({
  id,
  origin,
  size,
  buildings,
  detections,
  pixels,
}: ImageOutcome): OutcomeCounts {
  const hits = detections.filter(({ kind }) => kind === 'hit');
  const ofSize = (wanted: SizeClass) => tallyOf(buildings.filter((building) => building.size === wanted));
  const ofGap = (wanted: GapClass) => tallyOf(buildings.filter(({ gap }) => gapClassOf(gap) === wanted));
  return {
    id,
    origin,
    density: densityClassOf(pixels.truth / (size[0] * size[1])),
    pixels,
    ...tallyOf(buildings),
    hitIou: hits.reduce((sum, { iou }) => sum + iou, 0),
    detections: detections.filter(({ kind }) => kind !== 'crowd').length,
    merging: detections.filter(({ merges }) => merges).length,
    pieces: detections.filter(({ piece }) => piece).length,
    by_size: { small: ofSize('small'), medium: ofSize('medium'), large: ofSize('large') },
    by_gap: { touching: ofGap('touching'), near: ofGap('near'), apart: ofGap('apart') },
  };
}

function tallyOf(buildings: readonly BuildingOutcome[]): BuildingTally {
  const count = (isWanted: (building: BuildingOutcome) => boolean) => buildings.filter(isWanted).length;
  return {
    buildings: buildings.length,
    hits: count(({ kind }) => kind === 'hit'),
    merged: count(({ merged }) => merged),
    split: count(({ split }) => split),
  };
}
