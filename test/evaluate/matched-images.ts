import { type ImageMatches, matchImage } from '../../src/evaluate/matching/matching.ts';
import type { CategoryMatches } from '../../src/evaluate/matching/measure-image.ts';

/** What a detection is at a mask IoU of 0.5. */
export type Kind = 'right' | 'wrong' | 'crowd';

/**
 * An image of one category.
 * @param detections score and kind, the best first; those that are right have an IoU of 0.7 with a building of their own
 * @param missed buildings that nothing finds
 */
export function matchedImage(
  detections: readonly (readonly [score: number, kind: Kind])[],
  missed = 0,
): { categories: CategoryMatches[] } {
  const truth = detections.flatMap(([, kind], d) =>
    kind === 'wrong' ? [] : [{ d, crowd: kind === 'crowd' }],
  );
  const matches: ImageMatches = matchImage({
    scores: Float64Array.from(detections, ([score]) => score),
    detectionAreas: detections.map(() => 2000),
    truth: [...truth, ...Array(missed).fill({ d: -1, crowd: false })].map(({ crowd }) => ({
      area: 2000,
      crowd,
    })),
    overlaps: Float64Array.from(
      detections.flatMap((_, d) => [
        ...truth.map((building) => (building.d === d ? 0.7 : 0)),
        ...Array<number>(missed).fill(0),
      ]),
    ),
  });
  const order = Uint32Array.from(detections, (_, d) => d);
  return { categories: [{ order, mask: matches, boundary: matches, box: matches }] };
}

/** One image with several categories. */
export function withCategories(...images: { categories: CategoryMatches[] }[]): {
  categories: CategoryMatches[];
} {
  return { categories: images.flatMap(({ categories }) => categories) };
}
