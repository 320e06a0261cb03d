import type { EvaluatedImage, ImageBox } from '../../../src/evaluate/detections.ts';
import type { Rle } from '../../../src/masks/rle.ts';
import { rleFromCoco } from '../../../src/masks/rle-from-coco.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';

/** Ground truth and results in COCO's own form: what all sides start from. */
export interface CocoSet {
  images: { id: number; width: number; height: number }[];
  annotations: (CocoEntry & { id: number; area: number; iscrowd: 0 | 1 })[];
  results: (CocoEntry & { score: number })[];
}

export interface CocoEntry {
  image_id: number;
  category_id: 1;
  /** [x, y, width, height] pixels */
  bbox: [number, number, number, number];
  /** Rings, or run lengths in COCO's compressed or plain form. */
  segmentation: number[][] | { size: [height: number, width: number]; counts: string | number[] };
}

/**
 * @param readMask stands in where masks are not wanted
 * @returns every image of the set, also those that have neither truth nor detections
 */
export function readCocoSet(set: CocoSet, readMask = maskOf): EvaluatedImage[] {
  const images = new Map<number, EvaluatedImage>();
  for (const image of set.images) images.set(image.id, { ...image, truth: [], detections: [] });
  for (const entry of set.annotations) {
    const image = images.get(entry.image_id)!;
    const { area, iscrowd } = entry;
    image.truth.push({ ...boxOf(entry), mask: readMask(entry, image), area, crowd: iscrowd === 1 });
  }
  for (const entry of set.results) {
    const image = images.get(entry.image_id)!;
    image.detections.push({ ...boxOf(entry), mask: readMask(entry, image), score: entry.score });
  }
  return [...images.values()];
}

function boxOf({ bbox: [x, y, width, height] }: CocoEntry): ImageBox {
  return { box: [y, x, y + height, x + width], sides: [height, width] };
}

function maskOf({ segmentation }: CocoEntry, { height, width }: { height: number; width: number }): Rle {
  if (Array.isArray(segmentation)) return rleFromPolygons(segmentation, height, width);
  return rleFromCoco(segmentation.counts, segmentation.size);
}
