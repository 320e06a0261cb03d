import type { EvaluatedImage, ImageBox } from '../../../src/evaluate/images/detections.ts';
import type { Rle } from '../../../src/masks/rle.ts';
import { rleFromCoco } from '../../../src/masks/rle-from-coco.ts';
import { rleFromPolygons } from '../../../src/masks/rle-from-polygons.ts';

/** Ground truth and results in COCO's own form: what all sides start from. */
export interface CocoSet {
  /** The one of `BUILDING` when left out. */
  categories?: { id: number; name: string }[];
  images: { id: number; width: number; height: number }[];
  annotations: (CocoEntry & { id: number; area: number; iscrowd: 0 | 1 })[];
  results: (CocoEntry & { score: number })[];
}

export interface CocoEntry {
  image_id: number;
  category_id: number;
  /** [x, y, width, height] pixels */
  bbox: [number, number, number, number];
  /** Rings, or run lengths in COCO's compressed or plain form. */
  segmentation: number[][] | { size: [height: number, width: number]; counts: string | number[] };
}

const BUILDING = { id: 1, name: 'building' };

/** @returns in the order of their ids, as COCO's tools take them */
export function categoriesOf({ categories = [BUILDING] }: CocoSet): { id: number; name: string }[] {
  return categories.toSorted((a, b) => a.id - b.id);
}

/**
 * @param readMask stands in where masks are not wanted
 * @returns every image of the set, also those that have neither truth nor detections
 */
export function readCocoSet(set: CocoSet, readMask = maskOf): EvaluatedImage[] {
  const images = new Map<number, EvaluatedImage>();
  for (const image of set.images) {
    images.set(image.id, { ...image, name: `${image.id}`, origin: null, truth: [], detections: [] });
  }
  const indices = new Map(categoriesOf(set).map(({ id }, index) => [id, index]));
  const shared = (entry: CocoEntry, image: EvaluatedImage) => {
    return { ...boxOf(entry), category: indices.get(entry.category_id)!, mask: readMask(entry, image) };
  };
  for (const entry of set.annotations) {
    const image = images.get(entry.image_id)!;
    const { area, iscrowd } = entry;
    image.truth.push({ ...shared(entry, image), area, crowd: iscrowd === 1 });
  }
  for (const entry of set.results) {
    const image = images.get(entry.image_id)!;
    image.detections.push({ ...shared(entry, image), score: entry.score });
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
