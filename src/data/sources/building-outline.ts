/**
 * From the polygons of an annotation, which may be anything, to an outline that the rest can rely on:
 * finite, inside the image, with an area, and with a box and an area that follow from the polygons.
 */
import { clipPolygon, polygonArea, polygonsBox } from '../../masks/polygon.ts';
import type { Building } from '../prepared.ts';
import type { DropReason } from './dropped.ts';

/** A building before it has an id. */
export type Outline = Omit<Building, 'id'>;

/** Width and height of an image in pixels. */
export interface Frame {
  width: number;
  height: number;
}

/** Below this many square pixels a polygon is a line or a point: what is left is rounding error. */
const NO_AREA = 1e-6;

/**
 * @param parts outer rings of one building, flat [x0, y0, x1, y1, ...] in pixels, as read
 * @param minArea square pixels; a building below it is dropped
 * @returns the outline, clipped to the image, or why the building must be dropped. A building of several parts keeps
 *   its good ones; with no good part, the reason is that of the first.
 */
export function cleanOutline(
  parts: readonly (readonly unknown[])[],
  frame: Frame,
  minArea: number,
): Outline | DropReason {
  const cleaned = parts.map((part) => cleanPolygon(part, frame));
  const polygons = cleaned.flatMap((part) => (typeof part === 'string' ? [] : part));
  if (polygons.length === 0) {
    return cleaned.find((part) => typeof part === 'string') ?? 'building: no outline';
  }
  const outline = outlineOf(polygons);
  return outline.area < minArea ? 'building: smaller than data.min_area' : outline;
}

/**
 * Box and area of sound polygons (at least one).
 * Parts are taken to be disjoint: where they overlap, the common area counts twice.
 */
export function outlineOf(polygons: number[][]): Outline {
  const area = polygons.reduce((sum, polygon) => sum + polygonArea(polygon), 0);
  return { polygons, box: polygonsBox(polygons), area };
}

/** @returns the parts of the ring inside the image, at least one, or why there is none */
function cleanPolygon(part: readonly unknown[], frame: Frame): number[][] | DropReason {
  if (part.length === 0) return 'building: no outline';
  if (!isAllFinite(part)) return 'building: outline with numbers that are not finite';
  if (part.length < 6 || part.length % 2 !== 0 || polygonArea(part) < NO_AREA) {
    return 'building: outline without area';
  }
  const clipped = clipPolygon(part, frame.width, frame.height)
    .map((polygon) => polygon.map((value, i) => clamp(value, i % 2 === 0 ? frame.width : frame.height)))
    .filter((polygon) => polygonArea(polygon) >= NO_AREA);
  return clipped.length > 0 ? clipped : 'building: outside the image';
}

function isAllFinite(values: readonly unknown[]): values is readonly number[] {
  return values.every((value) => Number.isFinite(value));
}

/** A crossing with the border is computed, so it may lie a rounding error outside. */
function clamp(value: number, high: number): number {
  return Math.min(Math.max(value, 0), high);
}
