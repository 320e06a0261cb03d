/**
 * Scenes drawn by the program itself: dense towns from above at about 0.15-0.3 m a pixel, with the outline of every roof.
 * The outlines are laid out first and the picture is drawn from them, so that the masks are exact.
 */

import { clipPolygon, polygonArea, polygonDistance, polygonsBox } from '../../masks/polygon.ts';
import type { Random } from '../../system/random.ts';
import { type Footprint, standOn } from './footprint.ts';
import { flat, isInView } from './quad.ts';
import { renderScene, type SceneContent } from './render.ts';
import { drawStyle, type Style } from './style.ts';
import { layTown } from './town.ts';
import { plantTrees } from './trees.ts';

export interface Scene {
  /** RGB, `size` x `size` pixels. */
  png: Buffer;
  /** Outlines of the roofs, cut at the borders; flat [x0, y0, ...] in pixels, a pixel's centre at .5. */
  buildings: { polygons: number[][] }[];
}

const SMALLEST_SCENE = 128;
const LARGEST_SCENE = 2048;

/** Buildings on 128 x 128 pixels; a town with fewer or more is laid out anew. */
const BUILDINGS_PER_SCENE = { area: 128 * 128, least: 8, most: 25 };
/** What the border leaves of a building must have this many square pixels, or the building is not there at all. */
const SMALLEST_REST = 9;

/**
 * Draws one scene. The same stream of random numbers gives the same bytes.
 * @param options.size width and height in pixels, a whole number from 128 to 2048
 */
export async function drawScene(options: { size: number; random: Random }): Promise<Scene> {
  const { size, random } = options;
  if (!Number.isInteger(size) || size < SMALLEST_SCENE || size > LARGEST_SCENE) {
    throw new RangeError(
      `drawScene: size must be a whole number from ${SMALLEST_SCENE} to ${LARGEST_SCENE}, got ${size}`,
    );
  }
  const { content, buildings } = planScene(size, random);
  return { png: await renderScene(content, random), buildings };
}

/**
 * Lays a scene out without drawing it.
 * About every second layout has a fitting number of buildings. Each try draws a new style, so that the loop ends.
 */
export function planScene(
  size: number,
  random: Random,
): { content: SceneContent; buildings: Scene['buildings'] } {
  const share = size ** 2 / BUILDINGS_PER_SCENE.area;
  while (true) {
    const style = drawStyle(size, random);
    const town = layTown(style, random);
    const footprints = town.plots.flatMap((plot) => standOn(plot, random) ?? []);
    const { kept, buildings } = keepVisible(footprints, style);
    if (buildings.length < BUILDINGS_PER_SCENE.least * share) continue;
    if (buildings.length > BUILDINGS_PER_SCENE.most * share) continue;
    const trees = plantTrees(town, kept, style, random);
    return {
      content: { style, streets: town.streets, patches: town.patches, footprints: kept, trees },
      buildings,
    };
  }
}

/** Houses outside of the picture stay where their shadows may fall into it; those of which only a sliver shows go. */
function keepVisible(
  footprints: readonly Footprint[],
  { size, sun }: Style,
): { kept: Footprint[]; buildings: Scene['buildings'] } {
  const longestShadow = sun.shadowPerStorey * Math.max(0, ...footprints.map(({ plot }) => plot.storeys));
  const kept: Footprint[] = [];
  const buildings: Scene['buildings'] = [];
  for (const footprint of footprints) {
    const polygons = clipPolygon(flat(footprint.outline), size, size);
    const rest = polygons.reduce((sum, polygon) => sum + polygonArea(polygon), 0);
    if (rest === 0 && !isInView(footprint.outline, size, longestShadow)) continue;
    if (rest > 0 && rest < SMALLEST_REST) continue;
    kept.push(footprint);
    if (rest > 0) buildings.push({ polygons });
  }
  return { kept, buildings };
}

/** @returns the share (0-1) of buildings with another one at most `withinPx` away; 0 when there are none */
export function shareOfTouching(buildings: readonly { polygons: number[][] }[], withinPx: number): number {
  const boxes = buildings.map(({ polygons }) => polygonsBox(polygons));
  const touches = (i: number, j: number) => {
    const [a, b] = [boxes[i]!, boxes[j]!];
    const gap = Math.max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3]);
    if (gap > withinPx) return false;
    return buildings[i]!.polygons.some((p) =>
      buildings[j]!.polygons.some((q) => polygonDistance(p, q) <= withinPx),
    );
  };
  const touching = buildings.filter((_, i) => buildings.some((_, j) => i !== j && touches(i, j)));
  return buildings.length === 0 ? 0 : touching.length / buildings.length;
}
