/** Gables, hips, lean-tos and cones: planes that are lighter towards the sun. They share edges, so each pixel is painted once. */

import { polygonArea } from '../../masks/polygon.ts';
import type { Random } from '../../system/random.ts';
import { css, mix, type Rgb, shade } from './colors.ts';
import type { Brush, Roof } from './covering.ts';
import type { Footprint } from './footprint.ts';
import { at, centreOf, distance, flat, lengthU, lengthV, type Point, piece, type Quad } from './quad.ts';
import { inwards } from './ring.ts';
import type { Sun } from './style.ts';
import { area, disc, gradient, line } from './svg.ts';

interface Plane {
  corners: Point[];
  /** Unit vector on the ground in which water runs off. */
  downhill: Point;
}

export function drawPitchedRoof(footprint: Footprint, roof: Roof, { style, random, id }: Brush): string {
  const planes = planesOf(footprint, roof);
  const contrast = random.uniform(0.12, 0.34) * (roof.form === 'cone' ? 0.6 : 1);
  const period = random.uniform(1.7, 3.1);
  const relief = random.uniform(0.02, 0.1);
  const surfaces = planes.map((plane, i) => {
    const color = shade(roof.color, lightOn(plane, style.sun, contrast));
    return paintPlane(plane, { color, period, relief, covering: roof.covering }, `${id}-${i}`);
  });
  // Two planes cover the pixels of their common edge only in part: without a layer below, the ground would shine through.
  const bedding = area(inwards(footprint.outline, 0.6), css(roof.color));
  const details =
    roof.form === 'cone'
      ? []
      : [
          drawWear(footprint, roof, random),
          drawRidges(footprint, roof, random),
          drawFittings(footprint, random),
        ];
  return [bedding, ...surfaces, ...details].join('');
}

function planesOf({ shape, outline, wings }: Footprint, { form }: Roof): Plane[] {
  const [main, ...others] = wings as [Quad, ...Quad[]];
  if (shape === 'round') return conePlanes(outline, centreOf(main));
  if (form === 'lean-to')
    return [{ corners: [...main], downhill: direction(at(main, 0.5, 1), at(main, 0.5, 0)) }];
  const isHipped = form === 'hip';
  const planes = ridgedPlanes(main, [isHipped, isHipped], 0);
  for (const wing of others)
    planes.push(...ridgedPlanes(wing, [false, isHipped], overlapWithMain(main, wing)));
  return planes;
}

/** How far the ridge of a wing runs into the main roof, as a share of the wing's length: planes have equal slopes. */
function overlapWithMain(main: Quad, wing: Quad): number {
  return (0.98 * Math.min(lengthV(wing), lengthV(main))) / 2 / lengthU(wing);
}

/** @param hips whether the ends u = 0, u = 1 slope too. @param reach how far the ridge goes beyond u = 0, in shares of u */
function ridgedPlanes(wing: Quad, [hipAtStart, hipAtEnd]: [boolean, boolean], reach: number): Plane[] {
  const hip = Math.min(0.48, (0.5 * lengthV(wing)) / lengthU(wing));
  const start = at(wing, hipAtStart ? hip : -reach, 0.5);
  const end = at(wing, hipAtEnd ? 1 - hip : 1, 0.5);
  const across = direction(at(wing, 0.5, 1), at(wing, 0.5, 0));
  const along = direction(at(wing, 0, 0.5), at(wing, 1, 0.5));
  const planes: Plane[] = [
    { corners: [wing[0], wing[1], end, start], downhill: across },
    { corners: [wing[3], start, end, wing[2]], downhill: [-across[0], -across[1]] },
  ];
  if (hipAtStart) planes.push({ corners: [wing[0], start, wing[3]], downhill: [-along[0], -along[1]] });
  if (hipAtEnd) planes.push({ corners: [wing[1], wing[2], end], downhill: along });
  return planes;
}

function conePlanes(outline: readonly Point[], top: Point): Plane[] {
  return outline.map((corner, i) => {
    const next = outline[(i + 1) % outline.length]!;
    const middle: Point = [(corner[0] + next[0]) / 2, (corner[1] + next[1]) / 2];
    return { corners: [top, corner, next], downhill: direction(top, middle) };
  });
}

/** Brightness of a plane, 1 on level ground. */
function lightOn({ downhill }: Plane, { direction: sun }: Sun, contrast: number): number {
  return 1 + contrast * (downhill[0] * sun[0] + downhill[1] * sun[1]);
}

/** Courses of tiles lie along the ridge, ribs of metal sheets run down the slope. */
function paintPlane(
  { corners, downhill }: Plane,
  look: { color: Rgb; period: number; relief: number; covering: Roof['covering'] },
  id: string,
): string {
  const step: Point = look.covering === 'tiles' ? downhill : [-downhill[1], downhill[0]];
  const [x, y] = corners[0]!;
  const [x2, y2] = [x + step[0] * look.period, y + step[1] * look.period];
  const [dark, light] = [css(shade(look.color, 1 - look.relief)), css(shade(look.color, 1 + look.relief))];
  return (
    gradient(
      id,
      [
        [x, y],
        [x2, y2],
      ],
      [dark, light],
      'reflect',
    ) + area(corners, `url(#${id})`)
  );
}

/** Sheets and fields of tiles of another age. */
function drawWear({ wings }: Footprint, { color, covering }: Roof, random: Random): string {
  const rust: Rgb = [122, 84, 62];
  const count = covering === 'metal' ? random.int(5) : random.int(3);
  let drawn = '';
  for (let i = 0; i < count; i++) {
    const wing = wings[random.int(wings.length)]!;
    const [u, v] = [random.uniform(0.04, 0.7), random.int(2) * 0.5];
    const sheet = piece(wing, [u, Math.min(0.97, u + random.uniform(0.08, 0.4))], [v + 0.05, v + 0.45]);
    const tone =
      covering === 'metal'
        ? mix(shade(color, random.uniform(0.75, 1.25)), rust, random.uniform(0, 0.7))
        : shade(color, random.uniform(0.8, 1.15));
    drawn += area(sheet, css(tone), random.uniform(0.2, 0.6));
  }
  return drawn;
}

function drawRidges({ wings }: Footprint, { color, form }: Roof, random: Random): string {
  if (form === 'lean-to') return '';
  const tone = css(
    shade(color, random.next() < 0.6 ? random.uniform(1.12, 1.35) : random.uniform(0.65, 0.85)),
  );
  const width = random.uniform(0.5, 1);
  return wings
    .map((wing, i) => {
      const hip = form === 'hip' ? Math.min(0.48, (0.5 * lengthV(wing)) / lengthU(wing)) : 0.03;
      const [from, to] = [at(wing, i > 0 ? 0 : hip, 0.5), at(wing, 1 - hip, 0.5)];
      return line([from, to], { color: tone, width, opacity: 0.8 });
    })
    .join('');
}

/** Chimneys, windows in the roof, solar panels. */
function drawFittings({ wings, outline }: Footprint, random: Random): string {
  const wing = wings[0]!;
  let drawn = '';
  if (polygonArea(flat(outline)) < 110) return drawn;
  if (random.next() < 0.45) {
    const place = at(wing, random.uniform(0.15, 0.85), random.uniform(0.3, 0.7));
    drawn += disc(place, random.uniform(0.6, 1.1), random.next() < 0.5 ? '#5b5350' : '#c9c2b8');
  }
  if (random.next() < 0.07) {
    const [u, v] = [random.uniform(0.12, 0.5), random.next() < 0.5 ? 0.1 : 0.6];
    drawn += area(piece(wing, [u, u + random.uniform(0.15, 0.35)], [v, v + 0.28]), '#2e3b54', 0.85);
  }
  return drawn;
}

function direction(from: Point, to: Point): Point {
  const length = distance(from, to) || 1;
  return [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
}
