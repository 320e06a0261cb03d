/**
 * COCO's figures of sets with any number of categories: each is matched and ranked for itself, and a figure is the mean
 * over the categories that have it, those of which the set holds a building (pycocotools 2.0.11 `summarize`).
 */

import type { AreaRange, ImageMatches } from '../matching/matching.ts';
import type { CategoryMatches, MatchKind } from '../matching/measure-image.ts';
import { type Pool, poolMatches, type Ranking, rankAll } from './average-precision.ts';
import { type CocoMetrics, cocoFigures } from './coco-figures.ts';

/** All that is needed of a `MeasuredImage`. */
type Matched = { categories: readonly CategoryMatches[] };

/** @returns [C] the ranking of each category, which masks, boundaries and boxes share */
export function rankCategories(images: readonly Matched[]): Ranking[] {
  return matchesOf(images, 'mask').map((matches) => rankAll(matches));
}

/**
 * @param images in the order of their ids: it decides between detections of equal score
 * @param options.rankings by `rankCategories`, for callers that need several kinds
 */
export function categoryFigures(
  images: readonly Matched[],
  kind: MatchKind,
  { maxDetections, rankings }: { maxDetections: number; rankings?: readonly Ranking[] },
): CocoMetrics {
  const figures = matchesOf(images, kind).map((matches, category) =>
    cocoFigures(matches, maxDetections, rankings?.[category]),
  );
  return meanFigures(figures);
}

/** @returns [C] pools of the matches, for callers that resample them */
export function poolCategories(
  images: readonly Matched[],
  kind: MatchKind,
  { range = 'all', rankings }: { range?: AreaRange; rankings?: readonly Ranking[] } = {},
): Pool[] {
  return matchesOf(images, kind).map((matches, category) => {
    const ranking = rankings?.[category];
    return poolMatches(matches, ranking ? { range, ranking } : { range });
  });
}

/** @returns the mean of what is defined; null where nothing is */
export function meanOfCategories(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return defined.length === 0 ? null : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/** [C, I]; no images are taken for images of one category. */
function matchesOf(images: readonly Matched[], kind: MatchKind): ImageMatches[][] {
  const C = images[0]?.categories.length ?? 1;
  return Array.from({ length: C }, (_, category) =>
    images.map(({ categories }) => categories[category]![kind]),
  );
}

function meanFigures(categories: readonly CocoMetrics[]): CocoMetrics {
  const names = Object.keys(categories[0]!) as (keyof CocoMetrics)[];
  const means = names.map((name) => [name, meanOfCategories(categories.map((figures) => figures[name]))]);
  return Object.fromEntries(means);
}
