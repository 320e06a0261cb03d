import type { PreparedImage } from '../data/prepared.ts';
import { rleFromPolygons } from '../masks/rle-from-polygons.ts';
import type { GroundTruth } from './detections.ts';

/** @returns the image's buildings as masks of the image's own size, by COCO's rule, in the order of the annotations */
export function truthOf(image: Pick<PreparedImage, 'width' | 'height' | 'buildings'>): GroundTruth[] {
  return image.buildings.map(({ polygons, box, area }) => ({
    box: [...box],
    area,
    crowd: false,
    mask: rleFromPolygons(polygons, image.height, image.width),
  }));
}
