import type { Detection, GroundTruth } from '../../src/evaluate/images/detections.ts';
import { rleFromPolygons } from '../../src/masks/rle-from-polygons.ts';

type Box = [number, number, number, number];

/** A rectangle of pixels in an image of `size` x `size`. */
export function detection(box: Box, score = 0.9, size = 64): Detection {
  const [y1, x1, y2, x2] = box;
  return { box, score, mask: rleFromPolygons([[x1, y1, x2, y1, x2, y2, x1, y2]], size, size) };
}

export function building(box: Box, size = 64): GroundTruth {
  const { mask } = detection(box, 1, size);
  return { box, area: (box[2] - box[0]) * (box[3] - box[1]), crowd: false, mask };
}
