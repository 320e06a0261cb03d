/** Shadows of buildings and trees, on the ground and on lower roofs. */

import { SHADOW } from './colors.ts';
import type { Footprint } from './footprint.ts';
import { shadowPath } from './ring.ts';
import type { Style } from './style.ts';
import { disc, path, ring } from './svg.ts';
import { type Tree, treeShadow } from './trees.ts';

/** All shadows on the ground in one group: where two fall together it is no darker. */
export function drawGroundShadows(
  footprints: readonly Footprint[],
  trees: readonly Tree[],
  { sun }: Style,
): string {
  const houses = footprints.map(({ outline, plot }) =>
    path(shadowPath(outline, sun, plot.storeys * sun.shadowPerStorey), SHADOW),
  );
  const crowns = trees.map((tree) => {
    const { place, radius } = treeShadow(tree, sun);
    return disc(place, radius, SHADOW);
  });
  return `<g opacity="${sun.shadowOpacity.toFixed(2)}">${houses.join('')}${crowns.join('')}</g>`;
}

/** The part of a house's shadows that falls on the roof `low`, from all higher ones around it. */
export function drawShadowsOnRoof(
  low: Footprint,
  footprints: readonly Footprint[],
  { sun }: Style,
  id: string,
): string {
  const paths = footprints.flatMap((high) => {
    const px = (high.plot.storeys - low.plot.storeys) * sun.shadowPerStorey;
    return px > 0.3 && areNear(high, low, px) ? [shadowPath(high.outline, sun, px)] : [];
  });
  if (paths.length === 0) return '';
  return (
    `<clipPath id="${id}"><path d="${ring(low.outline)}"/></clipPath>` +
    `<g clip-path="url(#${id})">${path(paths.join(''), SHADOW, sun.shadowOpacity)}</g>`
  );
}

function areNear(a: Footprint, b: Footprint, reach: number): boolean {
  const [ay1, ax1, ay2, ax2] = a.box;
  const [by1, bx1, by2, bx2] = b.box;
  return ax1 < bx2 + reach && bx1 < ax2 + reach && ay1 < by2 + reach && by1 < ay2 + reach;
}
