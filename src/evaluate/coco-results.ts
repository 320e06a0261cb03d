import { rleToString } from '../masks/rle.ts';
import type { EvaluatedImage } from './detections.ts';

/** One entry of a COCO results file. */
export interface CocoResult {
  image_id: number;
  category_id: number;
  /** [x, y, width, height] pixels */
  bbox: [number, number, number, number];
  score: number;
  /** Compressed run lengths; size = [height, width]. */
  segmentation: { size: [number, number]; counts: string };
}

/** The prepared data set's one category. */
const BUILDING = 1;

/** @returns all detections in COCO's results format, image by image, ready for `JSON.stringify`; empty without any */
export function predictionsToCoco(
  images: readonly Pick<EvaluatedImage, 'id' | 'detections'>[],
): CocoResult[] {
  return images.flatMap(({ id, detections }) =>
    detections.map(({ box: [y1, x1, y2, x2], score, mask }) => ({
      image_id: id,
      category_id: BUILDING,
      bbox: [x1, y1, x2 - x1, y2 - y1] satisfies CocoResult['bbox'],
      score,
      segmentation: { size: [...mask.size] satisfies [number, number], counts: rleToString(mask) },
    })),
  );
}
