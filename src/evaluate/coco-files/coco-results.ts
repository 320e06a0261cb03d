import { type Rle, rleToString } from '../../masks/rle.ts';
import type { EvaluatedImage, ImageBox } from '../images/detections.ts';

/** Compressed run lengths; size = [height, width]. */
export interface CocoMask {
  size: [number, number];
  counts: string;
}

/** One entry of a COCO results file. */
export interface CocoResult {
  image_id: number;
  category_id: number;
  /** [x, y, width, height] pixels */
  bbox: [number, number, number, number];
  score: number;
  segmentation: CocoMask;
}

/** The prepared data set's one category. */
export const BUILDING = { id: 1, name: 'building' } as const;

/** @returns all detections in COCO's results format, image by image, ready for `JSON.stringify`; empty without any */
export function predictionsToCoco(
  images: readonly Pick<EvaluatedImage, 'id' | 'detections'>[],
): CocoResult[] {
  return images.flatMap(({ id, detections }) =>
    detections.map(({ score, category, mask, ...box }) => ({
      image_id: id,
      category_id: cocoCategory(category),
      bbox: cocoBox(box),
      score,
      segmentation: cocoMask(mask),
    })),
  );
}

/** @returns the id: the first category, that of buildings, has the 1 */
export function cocoCategory(category = 0): number {
  return category + BUILDING.id;
}

/** @returns [x, y, width, height], with the sides that overlaps are computed from */
export function cocoBox({ box: [y1, x1, y2, x2], sides = [y2 - y1, x2 - x1] }: ImageBox): CocoResult['bbox'] {
  return [x1, y1, sides[1], sides[0]];
}

export function cocoMask(mask: Rle): CocoMask {
  return { size: [...mask.size], counts: rleToString(mask) };
}
