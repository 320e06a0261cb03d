/**
 * The headline figures. COCO's protocol (Lin et al. 2014), equal to pycocotools 2.0.11 to 1e-6, with `maxDetections` in
 * place of its 100, which is too few for dense towns; boundary AP equal to faster-coco-eval 1.8.
 *
 * Where tools differ: as in Detectron2, a detection's size class follows its mask for masks and its box for boxes (ground
 * truth is classed by its annotated area for both); and a building counts whatever its annotation's id, where
 * pycocotools takes the one with the id 0 for not found.
 */
import { rankAll } from './average-precision.ts';
import { type CocoMetrics, cocoFigures, poolFigures } from './coco-figures.ts';
import type { EvaluatedImage } from './detections.ts';
import type { ImageMatches } from './matching.ts';
import { type EvaluationOptions, type MeasuredImage, measureImage } from './measure-image.ts';
import { type UnionAgreement, type UnionPixels, unionAgreement } from './union-agreement.ts';

/** The content of `metrics.json`. */
export interface Metrics {
  mask: CocoMetrics;
  /** Matched by the smaller of the IoU of masks and that of their rims. */
  boundary: CocoMetrics;
  box: CocoMetrics;
  /** Of all building pixels of an image together; mean over the images; 1 for an empty image left empty; null where no image has either. */
  iou: number | null;
  dice: number | null;
  /** The same of the pixels of all images together, in which large images and dense ones weigh more. */
  pixel_iou: number | null;
  pixel_dice: number | null;
  images: number;
  /** Crowd regions are not counted. */
  buildings: number;
  /** With a score from `scoreThreshold` on. */
  detections: number;
}

/**
 * @param images in any order, each id once; one at a time is held, so that they may be read on the way
 * @throws RangeError for an id given twice, a score that is not a number, or a mask that has not its image's size
 */
export function evaluateDetections(images: Iterable<EvaluatedImage>, options: EvaluationOptions): Metrics {
  const measured: MeasuredImage[] = [];
  for (const image of images) measured.push(measureImage(image, options));
  return summarizeImages(measured, options.maxDetections);
}

/**
 * @param measured in any order, each id once, with the same options
 * @throws RangeError for an id given twice
 */
export function summarizeImages(measured: readonly MeasuredImage[], maxDetections: number): Metrics {
  assertDistinctIds(measured);
  const images = measured.toSorted((a, b) => a.id - b.id);
  const ranking = rankAll(images.map(({ mask }) => mask));
  const figures = (matches: ImageMatches[]) => cocoFigures(poolFigures(matches, maxDetections, ranking));
  const count = (key: 'buildings' | 'detections') => images.reduce((sum, image) => sum + image[key], 0);
  return {
    mask: figures(images.map(({ mask }) => mask)),
    boundary: figures(images.map(({ boundary }) => boundary)),
    box: figures(images.map(({ box }) => box)),
    ...agreementOf(images.map(({ pixels }) => pixels)),
    images: images.length,
    buildings: count('buildings'),
    detections: count('detections'),
  };
}

function agreementOf(
  images: readonly UnionPixels[],
): Pick<Metrics, 'iou' | 'dice' | 'pixel_iou' | 'pixel_dice'> {
  const sum = (key: keyof UnionPixels) => images.reduce((total, pixels) => total + pixels[key], 0);
  const total: UnionPixels = { both: sum('both'), truth: sum('truth'), found: sum('found') };
  if (total.truth + total.found === 0) return { iou: null, dice: null, pixel_iou: null, pixel_dice: null };
  const agreements = images.map(unionAgreement);
  const mean = (key: keyof UnionAgreement) =>
    agreements.reduce((total, agreement) => total + agreement[key], 0) / images.length;
  const together = unionAgreement(total);
  return {
    iou: mean('iou'),
    dice: mean('dice'),
    pixel_iou: together.iou,
    pixel_dice: together.dice,
  };
}

function assertDistinctIds(images: readonly { id: number }[]): void {
  const seen = new Set<number>();
  for (const { id } of images) {
    if (seen.has(id)) throw new RangeError(`evaluateDetections: image id ${id} is given twice`);
    seen.add(id);
  }
}
