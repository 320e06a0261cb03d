import type { Rle } from '../../masks/rle.ts';

/** A box; coordinates are pixels of the original image. */
export interface ImageBox {
  /** [y1, x1, y2, x2] */
  box: [number, number, number, number];
  /**
   * [height, width] as a COCO file gives them, where the box comes from one. Differences of `box` may be off in the last
   * bit, which can decide whether an overlap reaches a threshold.
   */
  sides?: [number, number];
}

/** A building found in an image. */
export interface Detection extends ImageBox {
  /** 0-1 */
  score: number;
  /** Index into the categories of the set; 0, that of buildings, when left out. */
  category?: number;
  /** Size [height, width] of the original image. */
  mask: Rle;
}

/** A building of the ground truth. */
export interface GroundTruth extends ImageBox {
  /** Square pixels; decides COCO's size classes. */
  area: number;
  crowd: boolean;
  /** As that of a detection. */
  category?: number;
  mask: Rle;
}

/** One evaluated image. */
export interface EvaluatedImage {
  id: number;
  /** The image file's, for people. */
  name: string;
  /** Where it comes from, for figures by source: `hub`, a folder of custom samples ...; null where nobody has said. */
  origin: string | null;
  width: number;
  height: number;
  truth: GroundTruth[];
  detections: Detection[];
}
