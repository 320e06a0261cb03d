import { clipPolygon, polygonArea, polygonsBox } from '../../masks/polygon.ts';
import type { Building, PreparedImage } from '../prepared.ts';
import type { View } from './view.ts';

/** Square pixels: less of a building that is cut cannot be seen, but would widen its box to where it touches the border. */
const SMALLEST_PART = 1;

/**
 * The buildings that a view shows, cut where it ends.
 * @param buildings of the image, in its pixels
 * @param minVisible 0–1: a building that is cut to a smaller share of its area is dropped
 * @returns each building's rings in pixels of the square, in their order
 */
export function visibleOutlines(
  buildings: readonly Pick<Building, 'polygons' | 'box'>[],
  view: View,
  minVisible: number,
): number[][][] {
  return buildings.flatMap(({ polygons, box }) => {
    const rings = polygons.map((ring) => mapRing(ring, view));
    if (isInside(box, view)) return [rings];
    const whole = totalArea(rings);
    const parts = rings
      .flatMap((ring) => clipToPlace(ring, view))
      .filter((part) => polygonArea(part) >= SMALLEST_PART);
    return parts.length > 0 && totalArea(parts) >= minVisible * whole ? [parts] : [];
  });
}

/**
 * The crowd regions that a view shows, cut where it ends.
 * @param crowds of the image: the rings of each, in its pixels
 * @returns as `visibleOutlines`
 */
export function visibleCrowds(crowds: PreparedImage['crowds'], view: View): number[][][] {
  const regions = crowds.map((polygons) => ({ polygons, box: polygonsBox(polygons) }));
  return visibleOutlines(regions, view, 0);
}

/**
 * The buildings that a view shows whole. One that reaches the border of the view is none of them: the border of the
 * image may have cut it.
 * @returns as `visibleOutlines`
 */
export function wholeOutlines(buildings: readonly Building[], view: View): number[][][] {
  const { left, top, width, height } = view.window;
  return buildings
    .filter(({ polygons }) => {
      const [y1, x1, y2, x2] = polygonsBox(polygons);
      return x1 > left && y1 > top && x2 < left + width && y2 < top + height;
    })
    .map(({ polygons }) => polygons.map((ring) => mapRing(ring, view)));
}

function isInside([y1, x1, y2, x2]: Building['box'], { window }: View): boolean {
  const { left, top, width, height } = window;
  return x1 >= left && y1 >= top && x2 <= left + width && y2 <= top + height;
}

function mapRing(ring: readonly number[], { window, place }: View): number[] {
  const [scaleX, scaleY] = [place.width / window.width, place.height / window.height];
  return ring.map((at, i) =>
    i % 2 === 0 ? (at - window.left) * scaleX + place.left : (at - window.top) * scaleY + place.top,
  );
}

/** Cut after the move, so that what lies on the border lies on it exactly. */
function clipToPlace(ring: readonly number[], { place: { left, top, width, height } }: View): number[][] {
  const shifted = ring.map((at, i) => at - (i % 2 === 0 ? left : top));
  return clipPolygon(shifted, width, height).map((part) =>
    part.map((at, i) => at + (i % 2 === 0 ? left : top)),
  );
}

function totalArea(rings: readonly (readonly number[])[]): number {
  return rings.reduce((sum, ring) => sum + polygonArea(ring), 0);
}
