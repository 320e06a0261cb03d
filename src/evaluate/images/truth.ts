import type { PreparedImage } from '../../data/prepared.ts';
import { polygonArea, polygonsBox } from '../../masks/polygon.ts';
import { rleFromPolygons } from '../../masks/rle-from-polygons.ts';
import type { GroundTruth } from './detections.ts';

/** @returns the image's buildings, then its crowd regions, as masks of the image's own size by COCO's rule */
export function truthOf({
  width,
  height,
  buildings,
  crowds,
}: Pick<PreparedImage, 'width' | 'height' | 'buildings' | 'crowds'>): GroundTruth[] {
  const maskOf = (polygons: number[][]) => rleFromPolygons(polygons, height, width);
  return [
    ...buildings.map(({ polygons, box, area }): GroundTruth => {
      return { box: [...box], area, crowd: false, mask: maskOf(polygons) };
    }),
    ...crowds.map((polygons): GroundTruth => {
      const area = polygons.reduce((sum, ring) => sum + polygonArea(ring), 0);
      return { box: polygonsBox(polygons), area, crowd: true, mask: maskOf(polygons) };
    }),
  ];
}
