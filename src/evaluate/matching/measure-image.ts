/**
 * All that one image adds to the figures, whatever the score threshold. Overlaps of masks are looked at here and never
 * again: whatever mAP is taken over, a set of images or any part of it, is made of these.
 *
 * C categories · G buildings and crowd regions of the image · K detections that count, in order of score: of each
 * category the best `maxDetections` · D those of one category
 */
import { rleArea } from '../../masks/rle.ts';
import type { Detection, EvaluatedImage, GroundTruth } from '../images/detections.ts';
import { type TideImage, tideOf } from '../tide/tide.ts';
import { type ImageMatches, matchImage } from './matching.ts';
import { boundaryOverlaps, boxArea, boxOverlaps, maskOverlaps } from './overlaps.ts';

/** What an evaluation looks at. */
export interface MeasureOptions {
  /** The best of each image and category; no others are seen by any figure. */
  maxDetections: number;
  /** How many categories the set has, 1 when left out. */
  categories?: number;
}

/** What is found of one category in one image. `buildings` are indices in the image's own ground truth. */
export interface CategoryMatches {
  /** [D] index of each detection in the image's own list */
  order: Uint32Array;
  mask: ImageMatches;
  /** By `boundaryOverlaps`. */
  boundary: ImageMatches;
  box: ImageMatches;
}
export type MatchKind = Exclude<keyof CategoryMatches, 'order'>;

/** One image's share of the figures. Can be sent between threads. */
export interface MeasuredImage {
  id: number;
  /** [C] */
  categories: CategoryMatches[];
  tide: TideImage;
}

/**
 * @throws RangeError for a score that is not a number, a mask that has not its image's size, or a category that the set
 *   has not
 */
export function measureImage(image: EvaluatedImage, options: MeasureOptions): MeasuredImage {
  const { maxDetections, categories: C = 1 } = options;
  assertImage(image, C);
  const { id, truth, detections } = image;
  const order = rankDetections(detections, maxDetections);
  const ranked = Array.from(order, (index) => detections[index]!);
  const overlaps = maskOverlaps(ranked, truth);
  const whole: RankedImage = { order, ranked, truth, overlaps };
  const categories = C === 1 ? [matchCategory(whole)] : matchEach(whole, C);
  return {
    id,
    categories,
    tide: tideOf({ truth, ranked, overlaps, taken: takenBuildings(order, categories) }),
  };
}

/** @returns [K] indices, the highest score first; of equal scores, the first given first; of each category as many as wanted */
export function rankDetections(
  detections: readonly Pick<Detection, 'score' | 'category'>[],
  maxDetections: number,
): Uint32Array {
  const order = Array.from(detections, (_, index) => index);
  order.sort((a, b) => detections[b]!.score - detections[a]!.score);
  const counts = new Map<number, number>();
  const kept = order.filter((index) => {
    const { category = 0 } = detections[index]!;
    const count = counts.get(category) ?? 0;
    counts.set(category, count + 1);
    return count < maxDetections;
  });
  return Uint32Array.from(kept);
}

interface RankedImage {
  /** [K] indices in the image's own list */
  order: Uint32Array;
  /** [K] */
  ranked: readonly Detection[];
  /** [G] */
  truth: readonly GroundTruth[];
  /** [K, G] */
  overlaps: Float64Array;
}

function matchCategory({ order, ranked, truth, overlaps }: RankedImage): CategoryMatches {
  const mask = matchMasks(ranked, truth, overlaps);
  const boundary = matchMasks(ranked, truth, boundaryOverlaps(ranked, truth, overlaps));
  const box = matchBoxes(ranked, truth);
  // One array of scores instead of three equal ones, for as long as the set is evaluated.
  const { scores } = mask;
  return { order, mask, boundary: { ...boundary, scores }, box: { ...box, scores } };
}

/** Of a category that an image has nothing of; the same one for all, as sets of many categories consist of such. */
const NOTHING = matchCategory({
  order: new Uint32Array(0),
  ranked: [],
  truth: [],
  overlaps: new Float64Array(0),
});

/** @returns [C]; an image has few of the many categories that a set may have */
function matchEach(whole: RankedImage, categories: number): CategoryMatches[] {
  const rows = indicesByCategory(whole.ranked);
  const columns = indicesByCategory(whole.truth);
  return Array.from({ length: categories }, (_, category) =>
    rows.has(category) || columns.has(category)
      ? matchPart(whole, rows.get(category) ?? [], columns.get(category) ?? [])
      : NOTHING,
  );
}

function indicesByCategory(items: readonly { category?: number }[]): Map<number, number[]> {
  const indices = new Map<number, number[]>();
  for (const [index, { category = 0 }] of items.entries()) {
    const own = indices.get(category);
    if (own) own.push(index);
    else indices.set(category, [index]);
  }
  return indices;
}

/** @param rows, columns those of one category */
function matchPart(whole: RankedImage, rows: readonly number[], columns: readonly number[]): CategoryMatches {
  const G = whole.truth.length;
  const matches = matchCategory({
    order: Uint32Array.from(rows, (k) => whole.order[k]!),
    ranked: rows.map((k) => whole.ranked[k]!),
    truth: columns.map((g) => whole.truth[g]!),
    overlaps: Float64Array.from(rows.flatMap((k) => columns.map((g) => whole.overlaps[k * G + g]!))),
  });
  for (const { buildings } of [matches.mask, matches.boundary, matches.box]) {
    for (const [d, building] of buildings.entries()) if (building >= 0) buildings[d] = columns[building]!;
  }
  return matches;
}

/** @returns [K] index in the image's ground truth of what each detection takes at a mask IoU of 0.5; -1 = none */
function takenBuildings(order: Uint32Array, categories: readonly CategoryMatches[]): Int32Array {
  if (categories.length === 1) return categories[0]!.mask.buildings;
  const byIndex = new Map<number, number>();
  for (const { order: own, mask } of categories) {
    for (const [d, index] of own.entries()) byIndex.set(index, mask.buildings[d]!);
  }
  return Int32Array.from(order, (index) => byIndex.get(index)!);
}

/**
 * @param ranked [D] in order of score
 * @param overlaps [D, G] of the masks, or of their boundaries
 */
export function matchMasks(
  ranked: readonly Detection[],
  truth: readonly GroundTruth[],
  overlaps: Float64Array,
): ImageMatches {
  const detectionAreas = ranked.map(({ mask }) => rleArea(mask));
  return matchImage({ scores: scoresOf(ranked), truth, detectionAreas, overlaps });
}

/** @param ranked [D] in order of score */
export function matchBoxes(
  ranked: readonly Omit<Detection, 'mask'>[],
  truth: readonly Omit<GroundTruth, 'mask'>[],
): ImageMatches {
  const detectionAreas = ranked.map(boxArea);
  const overlaps = boxOverlaps(ranked, truth);
  return matchImage({ scores: scoresOf(ranked), truth, detectionAreas, overlaps });
}

function scoresOf(ranked: readonly { score: number }[]): Float64Array {
  return Float64Array.from(ranked, ({ score }) => score);
}

function assertImage({ id, width, height, truth, detections }: EvaluatedImage, categories: number): void {
  for (const { mask, category = 0 } of [...truth, ...detections]) {
    const { size } = mask;
    if (size[0] !== height || size[1] !== width) {
      throw new RangeError(
        `measureImage: image ${id} has ${height}x${width} pixels (height x width), but a mask ${size.join('x')}`,
      );
    }
    if (!Number.isInteger(category) || category < 0 || category >= categories) {
      throw new RangeError(
        `measureImage: image ${id} has the category ${category}; expected a whole number from 0, below ${categories}`,
      );
    }
  }
  const wrong = detections.find(({ score }) => !Number.isFinite(score));
  if (wrong) throw new RangeError(`measureImage: image ${id} has a detection with the score ${wrong.score}`);
}
