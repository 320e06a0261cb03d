import type { Rle } from '../masks/rle.ts';

/** A building found in an image; coordinates are pixels of the original image. */
export interface Detection {
  /** [y1, x1, y2, x2] */
  box: [number, number, number, number];
  /** 0-1 */
  score: number;
  /** Size [height, width] of the original image. */
  mask: Rle;
}

/** A building of the ground truth. */
export interface GroundTruth {
  /** [y1, x1, y2, x2] */
  box: [number, number, number, number];
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
