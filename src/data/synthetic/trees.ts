import { pointInPolygon, polygonArea } from '../../masks/polygon.ts';
import type { Random } from '../../system/random.ts';
import { css, type Rgb, shade, vary } from './colors.ts';
import type { Footprint } from './footprint.ts';
import type { Patch } from './plot.ts';
import { at, flat, isInView, type Point } from './quad.ts';
import type { Style, Sun } from './style.ts';
import { area, disc } from './svg.ts';
import type { Street } from './town.ts';

export interface Tree {
  place: Point;
  /** Pixels. */
  radius: number;
}

/** Square pixels of garden for each tree. */
const GARDEN_PER_TREE = 150;
/** Share of the trees beside a house that may hang over its roof; annotators draw the roof's edge through the leaves. */
const OVERHANGING_SHARE = 0.3;

/** Trees stand in gardens and here and there along streets; never in the middle of a roof. */
export function plantTrees(
  { patches, streets }: { patches: readonly Patch[]; streets: readonly Street[] },
  footprints: readonly Footprint[],
  style: Style,
  random: Random,
): Tree[] {
  const trees: Tree[] = [];
  const roofs = footprints.map(({ outline, box }) => ({ ring: flat(outline), box }));
  const plant = (place: Point, radius: number) => {
    // A crown keeps clear of roofs, or is allowed to cover a part of its radius.
    const clear = random.next() < OVERHANGING_SHARE ? radius * 0.5 : radius;
    const isFree = roofs.every(({ ring, box }) => isClear(place, clear, ring, box));
    if (isFree && isInView([place], style.size, 2 * radius)) trees.push({ place, radius });
  };
  for (const { ground, cover } of patches) {
    const share = cover === 'garden' ? 1 : cover === 'soil' || cover === 'rubble' ? 0.3 : 0.06;
    const count = Math.round((polygonArea(flat(ground)) / GARDEN_PER_TREE) * share * random.uniform(0, 2));
    for (let i = 0; i < count; i++)
      plant(at(ground, random.next(), random.next()), random.uniform(1.6, 5.5) * style.scale);
  }
  for (const { ground } of streets) {
    if (random.next() < 0.25)
      plant(at(ground, random.next() < 0.5 ? 0.05 : 0.95, random.next()), random.uniform(2, 4) * style.scale);
  }
  return trees;
}

function isClear(
  [x, y]: Point,
  radius: number,
  ring: readonly number[],
  [y1, x1, y2, x2]: readonly number[],
): boolean {
  if (x + radius < x1! || x - radius > x2! || y + radius < y1! || y - radius > y2!) return true;
  for (let i = 0; i < 8; i++) {
    const angle = (i / 8) * 2 * Math.PI;
    if (pointInPolygon(ring, x + radius * Math.cos(angle), y + radius * Math.sin(angle))) return false;
  }
  return !pointInPolygon(ring, x, y);
}

/** A ragged crown of several boughs with lumps of leaves, lighter on the side of the sun, dark between them. */
export function drawTree({ place: [x, y], radius }: Tree, { land, sun }: Style, random: Random): string {
  const leaves: Rgb = vary(shade(land.grass, random.uniform(0.58, 0.85)), 8, random);
  const corners = Math.round(9 + radius * 1.5);
  const crown = Array.from({ length: corners }, (_, i): Point => {
    const angle = (i / corners) * 2 * Math.PI;
    const r = radius * random.uniform(0.68, 1.12);
    return [x + r * Math.cos(angle), y + r * Math.sin(angle)];
  });
  let drawn = area(crown, css(shade(leaves, 0.82)));
  const lumps = Math.round(3 + radius * 1.8);
  for (let i = 0; i < lumps; i++) {
    const [angle, far] = [random.uniform(0, 2 * Math.PI), Math.sqrt(random.next()) * 0.75];
    const [dx, dy] = [Math.cos(angle) * far, Math.sin(angle) * far];
    const light = 1.02 + 0.32 * (dx * sun.direction[0] + dy * sun.direction[1]) + random.uniform(-0.18, 0.18);
    const size = Math.max(0.5, radius * random.uniform(0.16, 0.36));
    drawn += disc([x + dx * radius, y + dy * radius], size, css(shade(leaves, light)));
  }
  return drawn;
}

/** How far the middle of a crown's shadow lies from the tree, in radii. */
const SHADOW_SHIFT = 0.55;

export function treeShadow(
  { place: [x, y], radius }: Tree,
  { direction }: Sun,
): { place: Point; radius: number } {
  return {
    place: [x - direction[0] * radius * SHADOW_SHIFT, y - direction[1] * radius * SHADOW_SHIFT],
    radius,
  };
}
