/**
 * Where the model does well and where it does not: figures of parts of the buildings, and of parts of the images.
 */
import { averagePrecision, precisionCurves } from './coco/average-precision.ts';
import { meanOfCategories, poolCategories } from './coco/category-figures.ts';
import {
  DENSITY_CLASSES,
  type DensityClass,
  GAP_CLASSES,
  type GapClass,
  SIZE_CLASSES,
  type SizeClass,
} from './images/building-classes.ts';
import type { EvaluatedSet } from './intervals/headline-figures.ts';
import type { OutcomeCounts } from './outcome/count-outcome.ts';
import { type BuildingTally, buildingRates, ratesOf, type Tally } from './outcome/rates.ts';

/** Figures of some of the buildings; wrong detections belong to none of them. */
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

/** @returns all three classes, also those of which the set holds no building */
export function figuresBySize(counts: readonly OutcomeCounts[]): Record<SizeClass, BuildingFigures> {
  return figuresByClass(
    SIZE_CLASSES,
    counts.map(({ by_size }) => by_size),
  );
}

/** @returns all three classes, as of sizes */
export function figuresByGap(counts: readonly OutcomeCounts[]): Record<GapClass, BuildingFigures> {
  return figuresByClass(
    GAP_CLASSES,
    counts.map(({ by_gap }) => by_gap),
  );
}

/** @returns all four classes, also those of which the set holds no image */
export function figuresByDensity(set: EvaluatedSet): Record<DensityClass, GroupFigures> {
  const groups = DENSITY_CLASSES.map((density) => [
    density,
    figuresWhere(set, (image) => image.density === density),
  ]);
  return Object.fromEntries(groups);
}

/** @returns by origin, in alphabetical order; images without one are in none */
export function figuresBySource(set: EvaluatedSet): Record<string, GroupFigures> {
  const origins = new Set(set.counts.map(({ origin }) => origin).filter((origin) => origin !== null));
  const inOrder = [...origins].sort((a, b) => (a < b ? -1 : 1));
  const groups = inOrder.map((origin) => [origin, figuresWhere(set, (image) => image.origin === origin)]);
  return Object.fromEntries(groups);
}

function figuresWhere(
  { measured, counts }: EvaluatedSet,
  isWanted: (image: OutcomeCounts) => boolean,
): GroupFigures {
  const wanted = [...counts.keys()].filter((i) => isWanted(counts[i]!));
  const tally = addTallies(wanted.map((i) => counts[i]!));
  const { recall, merged_rate, split_rate, precision, f1 } = ratesOf(tally);
  const curves = poolCategories(
    wanted.map((i) => measured[i]!),
    'mask',
  ).map((pool) => precisionCurves(pool));
  return {
    images: wanted.length,
    buildings: tally.buildings,
    detections: tally.detections,
    mask_ap: meanOfCategories(curves.map((each) => averagePrecision(each))),
    mask_ap50: meanOfCategories(curves.map((each) => averagePrecision(each, 0.5))),
    precision,
    recall,
    f1,
    merged_rate,
    split_rate,
  };
}

/** @returns the sum of each number */
export function addTallies(tallies: readonly Tally[]): Tally {
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
  return { ...addBuildings(tallies), detections: sum('detections'), hitIou: sum('hitIou') };
}

function addBuildings(tallies: readonly BuildingTally[]): BuildingTally {
  const sum = (key: keyof BuildingTally) => tallies.reduce((total, tally) => total + tally[key], 0);
  return { buildings: sum('buildings'), hits: sum('hits'), merged: sum('merged'), split: sum('split') };
}

function figuresByClass<K extends string>(
  classes: readonly K[],
  tallies: readonly Record<K, BuildingTally>[],
): Record<K, BuildingFigures> {
  const figures = classes.map((name) => {
    const tally = addBuildings(tallies.map((image) => image[name]));
    return [name, { buildings: tally.buildings, ...buildingRates(tally) }];
  });
  return Object.fromEntries(figures);
}
