/** Flat roofs: a parapet with its shadow inside, stains, and the clutter of a terrace that is lived on. */

import type { Random } from '../../system/random.ts';
import { css, pick, SHADOW, shade } from './colors.ts';
import type { Brush, Roof } from './covering.ts';
import type { Footprint } from './footprint.ts';
import { at, lengthU, lengthV, type Point, piece, type Quad } from './quad.ts';
import { away, inwards } from './ring.ts';
import type { Sun } from './style.ts';
import { area, outline as border, disc, gradient, line } from './svg.ts';

export function drawFlatRoof(footprint: Footprint, roof: Roof, { style, random, id }: Brush): string {
  const parts = [paintSlab(footprint, roof, random, id)];
  for (const wing of footprint.wings) parts.push(drawStains(wing, roof, random));
  if (random.next() < 0.75) parts.push(drawParapet(footprint.outline, roof, style.sun, random));
  for (const wing of footprint.wings) parts.push(drawClutter(wing, style.sun, random));
  return parts.join('');
}

/** One slab, a little darker towards one end: water and dust gather there. */
function paintSlab({ outline, wings }: Footprint, { color }: Roof, random: Random, id: string): string {
  const [from, to] = [at(wings[0]!, 0, random.next()), at(wings[0]!, 1, random.next())];
  const tilt = random.uniform(0, 0.1);
  const tones = [css(shade(color, 1 - tilt)), css(shade(color, 1 + tilt))] as const;
  return gradient(id, [from, to], tones, 'pad') + area(outline, `url(#${id})`);
}

function drawStains(wing: Quad, { color }: Roof, random: Random): string {
  let drawn = '';
  for (let i = random.int(4); i > 0; i--) {
    const [u, v] = [random.uniform(0.08, 0.6), random.uniform(0.08, 0.6)];
    const stain = piece(wing, [u, u + random.uniform(0.1, 0.32)], [v, v + random.uniform(0.1, 0.32)]);
    drawn += area(stain, css(shade(color, random.uniform(0.72, 1.2))), random.uniform(0.2, 0.5));
  }
  return drawn;
}

function drawParapet(
  outline: readonly Point[],
  { color }: Roof,
  { direction, shadowOpacity }: Sun,
  random: Random,
): string {
  const width = random.uniform(0.7, 1.3);
  const tone = css(shade(color, random.next() < 0.7 ? random.uniform(1.1, 1.3) : random.uniform(0.7, 0.9)));
  const top = border(inwards(outline, width / 2 + 0.2), { color: tone, width });
  const inner = inwards(outline, width + 0.7);
  const shadows = inner.map((from, i) => {
    const to = inner[(i + 1) % inner.length]!;
    const outwards = outward(outline[i]!, inner[i]!, from, to);
    const facesSun = outwards[0] * direction[0] + outwards[1] * direction[1] > 0.25;
    return facesSun ? line([from, to], { color: SHADOW, width: 1.1, opacity: shadowOpacity * 0.75 }) : '';
  });
  return top + shadows.join('');
}

/** Unit vector across the edge `from`-`to`, on the side on which the outer corner lies. */
function outward(outer: Point, inner: Point, from: Point, to: Point): Point {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
  const [nx, ny] = [-(to[1] - from[1]) / length, (to[0] - from[0]) / length];
  const sign = Math.sign((outer[0] - inner[0]) * nx + (outer[1] - inner[1]) * ny) || 1;
  return [nx * sign, ny * sign];
}

/** What stands on a roof keeps this far from its edge, pixels: it must not be drawn beyond the outline. */
const CLEAR_OF_EDGE = 3.2;

type ClutterPainter = (wing: Quad, place: Point, sun: Sun, random: Random) => string;

function drawClutter(wing: Quad, sun: Sun, random: Random): string {
  const [marginU, marginV] = [CLEAR_OF_EDGE / lengthU(wing), CLEAR_OF_EDGE / lengthV(wing)];
  if (Math.max(marginU, marginV) > 0.45) return '';
  const count = Math.min(9, Math.floor((random.uniform(0.2, 1) * lengthU(wing) * lengthV(wing)) / 70));
  let drawn = '';
  for (let i = 0; i < count; i++) {
    const place = at(wing, random.uniform(marginU, 1 - marginU), random.uniform(marginV, 1 - marginV));
    drawn += pick(CLUTTER, random)(wing, place, sun, random);
  }
  return drawn;
}

const CLUTTER: readonly ClutterPainter[] = [
  waterTank,
  waterTank,
  plants,
  plants,
  stairHead,
  laundry,
  shelter,
];

function waterTank(_wing: Quad, place: Point, sun: Sun, random: Random): string {
  const radius = random.uniform(0.7, 1.4);
  return (
    disc(away(place, sun, radius), radius, SHADOW, 0.4) +
    disc(place, radius, pick(['#27282b', '#3c8a6c', '#d9d9d4', '#3f6fa3'], random))
  );
}

function plants(_wing: Quad, place: Point, _sun: Sun, random: Random): string {
  return disc(place, random.uniform(0.5, 1.3), pick(['#4d6137', '#5f7346', '#3e4f30'], random), 0.85);
}

function laundry(_wing: Quad, place: Point, _sun: Sun, random: Random): string {
  const to: Point = [place[0] + random.uniform(-2, 2), place[1] + random.uniform(-2, 2)];
  const color = pick(['#b8524a', '#d8c65e', '#4f6fae', '#e4e2dd', '#7a4c7d'], random);
  return line([place, to], { color, width: 0.8, opacity: 0.8 });
}

/** The little house over the stairs, with a shadow of its own. */
function stairHead(wing: Quad, _place: Point, sun: Sun, random: Random): string {
  if (Math.min(lengthU(wing), lengthV(wing)) < 11) return '';
  const along = (length: number): [number, number] => {
    const size = random.uniform(3.5, 5.5) / length;
    const clear = 2 / length;
    const from = random.next() < 0.5 ? clear : 1 - clear - size;
    return [from, from + size];
  };
  const body = piece(wing, along(lengthU(wing)), along(lengthV(wing)));
  const shadow = body.map((corner) => away(corner, sun, 1.6));
  const tone = random.uniform(120, 205);
  return area(shadow, SHADOW, sun.shadowOpacity * 0.8) + area(body, css([tone, tone * 0.97, tone * 0.92]));
}

/** A tin roof or an awning over a part of the terrace. */
function shelter(wing: Quad, _place: Point, sun: Sun, random: Random): string {
  if (random.next() < 0.5 || Math.min(lengthU(wing), lengthV(wing)) < 10) return '';
  const [u, v] = [pick([0.08, 0.5], random), pick([0.08, 0.5], random)];
  const body = piece(wing, [u, u + random.uniform(0.25, 0.4)], [v, v + random.uniform(0.25, 0.4)]);
  const color = pick(['#4a78a8', '#8d8f90', '#8a6048', '#a9aaa6', '#7f5547'], random);
  return (
    area(
      body.map((corner) => away(corner, sun, 1)),
      SHADOW,
      0.35,
    ) + area(body, color)
  );
}
