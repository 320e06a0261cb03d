import { polygonArea, polygonsBox } from '../../masks/polygon.ts';
import type { Building } from '../prepared.ts';

/** A building before it has an id. */
export type Outline = Omit<Building, 'id'>;

/** Width and height of an image in pixels. */
export interface Frame {
  width: number;
  height: number;
}

/**
 * Box and area of sound polygons (at least one).
 * Parts are taken to be disjoint: where they overlap, the common area counts twice.
 */
export function outlineOf(polygons: number[][]): Outline {
  const area = polygons.reduce((sum, polygon) => sum + polygonArea(polygon), 0);
  return { polygons, box: polygonsBox(polygons), area };
}
