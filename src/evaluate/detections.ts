import type { Rle } from '../masks/rle.ts';

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
  /** Size [height, width] of the original image. */
  mask: Rle;
}

/** A building of the ground truth. */
export interface GroundTruth extends ImageBox {
  /** Square pixels; decides COCO's size classes. */
  area: number;
  crowd: boolean;
  mask: Rle;
}

/** One evaluated image. */
export interface EvaluatedImage {
  id: number;
  width: number;
  height: number;
  truth: GroundTruth[];
  detections: Detection[];
}
