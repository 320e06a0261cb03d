/**
 * Unions and intersections of rings that may cross themselves and each other, by the package polygon-clipping
 * (docs/decisions tells why this one). The rule is non-zero: what a ring runs round, however often, belongs to it.
 */
import polygonClipping, { type MultiPolygon, type Polygon } from 'polygon-clipping';
import { bridgeHoles } from '../../masks/bridge-holes.ts';
import { polygonArea } from '../../masks/polygon.ts';
import type { Frame } from './building-outline.ts';

/**
 * Points are moved to a grid of so many lines a pixel: rings that almost touch are what the package stumbles over,
 * and no annotation is finer.
 */
const GRID = 1024;
/** Below this many square pixels a piece is what the grid has made. */
const NO_PIECE = 1 / GRID;

/** @returns rings that neither cross nor overlap, holes joined by keyholes; null where it cannot be computed */
export function uniteRings(rings: readonly (readonly number[])[]): number[][] | null {
  return combine(rings, ([first, ...others]) => polygonClipping.union(first!, ...others));
}

/** @returns the parts of all rings together that lie in [0, width] x [0, height], as `uniteRings` */
export function uniteInside(
  rings: readonly (readonly number[])[],
  { width, height }: Frame,
): number[][] | null {
  const frame = [0, 0, width, 0, width, height, 0, height];
  return combine([frame, ...rings], ([first, ...others]) => polygonClipping.intersection(first!, others));
}

function combine(
  rings: readonly (readonly number[])[],
  operation: (polygons: Polygon[]) => MultiPolygon,
): number[][] | null {
  if (rings.length === 0) return [];
  // Where its sweep from left to right loses the thread, the sweep from top to bottom does not: of 150,000 tangled
  // rings on a grid, 51 and none.
  for (const isTurned of [false, true]) {
    try {
      const result = operation(rings.map((ring) => [pointsOf(ring, isTurned)]));
      return result.flatMap((polygon) => ringsOf(polygon, isTurned));
    } catch {
      // The package throws plain errors, whatever it stumbles over.
    }
  }
  return null;
}

function pointsOf(ring: readonly number[], isTurned: boolean): [number, number][] {
  const points: [number, number][] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = [toGrid(ring[i]!), toGrid(ring[i + 1]!)];
    points.push(isTurned ? [y, x] : [x, y]);
  }
  return points;
}

function ringsOf(polygon: Polygon, isTurned: boolean): number[][] {
  const [outer, ...holes] = polygon.map((points) =>
    // The first point stands at the end once more.
    points.slice(0, -1).flatMap(([x, y]) => (isTurned ? [y, x] : [x, y])),
  );
  if (polygonArea(outer!) < NO_PIECE) return [];
  return [
    bridgeHoles(
      outer!,
      holes.filter((hole) => polygonArea(hole) >= NO_PIECE),
    ),
  ];
}

function toGrid(value: number): number {
  return Math.round(value * GRID) / GRID;
}
