/** Yards and open ground: what lies between the houses, some of it easily taken for a roof. */

import type { Random } from '../../system/random.ts';
import { css, mix, pick, type Rgb, SHADOW, shade, vary } from './colors.ts';
import type { Cover, Patch } from './plot.ts';
import {
  at,
  centreOf,
  inset,
  lengthU,
  lengthV,
  longSideAlongU,
  type Point,
  piece,
  type Quad,
} from './quad.ts';
import { away, circle } from './ring.ts';
import type { Style } from './style.ts';
import { area, disc, line, lines, outline } from './svg.ts';
import { drawParking } from './traffic.ts';

export function drawPatch({ ground, cover }: Patch, style: Style, random: Random): string {
  const isStrip = Math.min(lengthU(ground), lengthV(ground)) < NARROW_PX;
  return PAINTERS[isStrip ? 'soil' : cover](longSideAlongU(ground), style, random);
}

/** Strips between houses are too narrow for anything but bare soil. */
const NARROW_PX = 5;

type Painter = (ground: Quad, style: Style, random: Random) => string;

const PAINTERS: Record<Cover, Painter> = {
  garden: (ground, { land }, random) => plain(ground, vary(land.grass, 9, random), random.uniform(0.45, 0.9)),
  soil: (ground, { land }, random) => plain(ground, vary(land.soil, 9, random), random.uniform(0.4, 0.9)),
  paving: drawPaving,
  rubble: drawRubble,
  field: drawField,
  pond: drawPond,
  court: drawCourt,
  tarpaulin: drawTarpaulin,
  parking: drawParking,
  slab: drawSlab,
};

const WATERS: readonly Rgb[] = [
  [62, 80, 82],
  [78, 92, 74],
  [88, 104, 116],
];
const COURTS: readonly Rgb[] = [
  [150, 82, 66],
  [76, 112, 92],
  [84, 108, 140],
  [132, 130, 126],
];
const TARPAULINS: readonly Rgb[] = [
  [70, 112, 166],
  [176, 104, 62],
  [186, 186, 180],
  [84, 126, 96],
];
const TANKS: readonly Rgb[] = [
  [190, 190, 186],
  [70, 74, 78],
  [96, 128, 110],
];

function plain(ground: Quad, color: Rgb, opacity: number): string {
  return area(ground, css(color), opacity);
}

function drawPaving(ground: Quad, { land }: Style, random: Random): string {
  const color = vary(land.paving, 8, random);
  let drawn = plain(ground, color, 0.95);
  for (let i = random.int(3); i > 0; i--) {
    const u = random.uniform(0.1, 0.9);
    drawn += line([at(ground, u, 0), at(ground, u, 1)], {
      color: css(shade(color, 0.85)),
      width: 0.6,
      opacity: 0.6,
    });
  }
  return drawn;
}

function drawRubble(ground: Quad, { land }: Style, random: Random): string {
  let drawn = plain(ground, vary(land.soil, 10, random), 0.8);
  const heaps = Math.min(40, Math.floor((lengthU(ground) * lengthV(ground)) / 12));
  for (let i = 0; i < heaps; i++) {
    const color = vary(pick<Rgb>([land.paving, [120, 78, 62], [78, 74, 70], land.grass], random), 16, random);
    drawn += disc(
      at(ground, random.uniform(0.05, 0.95), random.uniform(0.08, 0.92)),
      random.uniform(0.4, 1.4),
      css(color),
      0.8,
    );
  }
  return drawn;
}

/** Furrows between straight edges look much like tiles, but throw no shadow. */
function drawField(ground: Quad, { land }: Style, random: Random): string {
  const color = vary(
    pick<Rgb>([land.soil, land.grass, [120, 92, 66], [110, 116, 62], [150, 138, 92]], random),
    9,
    random,
  );
  const beds = inset(ground, [1.5, 1.5, 1.5, 1.5]);
  let drawn = area(beds, css(color));
  const rows = Math.floor(lengthV(beds) / random.uniform(2.2, 3.6));
  const tone = css(shade(color, random.uniform(0.72, 0.9)));
  const furrows = Array.from({ length: Math.max(0, rows - 1) }, (_, i): [Point, Point] => {
    const v = (i + 1) / rows;
    return [at(beds, 0, v), at(beds, 1, v)];
  });
  drawn += lines(furrows, { color: tone, width: 0.9 });
  return drawn;
}

function drawPond(ground: Quad, { land }: Style, random: Random): string {
  const [cx, cy] = centreOf(ground);
  const radius = 0.42 * Math.min(lengthU(ground), lengthV(ground));
  const stretch = Math.min(1.7, lengthU(ground) / lengthV(ground));
  const [from, to] = [at(ground, 0, 0.5), at(ground, 1, 0.5)];
  const tilt = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const shore = Array.from({ length: 18 }, (_, i): Point => {
    const angle = (i / 18) * 2 * Math.PI;
    const r = radius * random.uniform(0.82, 1.05);
    const [x, y] = [r * stretch * Math.cos(angle), r * Math.sin(angle)];
    return [cx + x * Math.cos(tilt) - y * Math.sin(tilt), cy + x * Math.sin(tilt) + y * Math.cos(tilt)];
  });
  const water = vary(pick(WATERS, random), 6, random);
  return (
    plain(ground, vary(land.grass, 8, random), 0.7) +
    area(shore, css(water)) +
    outline(shore, { color: css(shade(land.soil, 0.8)), width: 1 })
  );
}

function drawCourt(ground: Quad, { land }: Style, random: Random): string {
  const surroundings = plain(ground, vary(land.paving, 7, random), 0.8);
  // A court keeps its proportions, whatever the ground it lies on.
  const width = Math.min(lengthV(ground) - 4, (lengthU(ground) - 4) / 1.8, 24);
  if (width < 8) return surroundings;
  const [u, v] = [(width * 1.8) / lengthU(ground) / 2, width / lengthV(ground) / 2];
  const field = piece(ground, [0.5 - u, 0.5 + u], [0.5 - v, 0.5 + v]);
  const color = vary(pick(COURTS, random), 8, random);
  const inner = inset(field, [1.5, 1.5, 1.5, 1.5]);
  const chalk = { color: '#e2e0d8', width: 0.6, opacity: 0.75 };
  return [
    surroundings,
    area(field, css(color)),
    outline(inner, chalk),
    line([at(inner, 0.5, 0), at(inner, 0.5, 1)], chalk),
    outline(circle(centreOf(inner), width * 0.13, 12), chalk),
  ].join('');
}

function drawTarpaulin(ground: Quad, { land, sun }: Style, random: Random): string {
  const yard = plain(ground, vary(land.soil, 9, random), 0.7);
  const [u, v] = [random.uniform(0.1, 0.35), random.uniform(0.1, 0.35)];
  const corners = piece(ground, [u, u + random.uniform(0.3, 0.55)], [v, v + random.uniform(0.35, 0.55)]);
  const loose = corners.map(
    ([x, y]): Point => [x + random.uniform(-1.2, 1.2), y + random.uniform(-1.2, 1.2)],
  ) as [Point, Point, Point, Point];
  const color = vary(pick(TARPAULINS, random), 10, random);
  let drawn = yard + area(loose, css(color));
  for (let i = 0; i < 3; i++) {
    const fold = sun.direction[0] > 0 ? 1.15 : 0.85;
    drawn += line([at(loose, random.next(), 0.1), at(loose, random.next(), 0.9)], {
      color: css(shade(color, fold)),
      width: 0.7,
      opacity: 0.7,
    });
  }
  return drawn;
}

/** A floor without walls, perhaps with a tank on it: grey and straight like a flat roof, without its height. */
function drawSlab(ground: Quad, { land, scale, sun }: Style, random: Random): string {
  const margin = Math.min(lengthU(ground), lengthV(ground)) * random.uniform(0.08, 0.22);
  const slab = inset(ground, [margin, margin, margin, margin]);
  const color = vary(mix(land.paving, [158, 152, 144], 0.6), 9, random);
  let drawn = plain(ground, vary(land.soil, 8, random), 0.7);
  drawn += area(slab, css(color)) + outline(slab, { color: css(shade(color, 0.8)), width: 0.6 });
  if (random.next() < 0.55) {
    const radius = Math.min(random.uniform(1.6, 3.6) * scale, margin + lengthV(slab) * 0.4);
    const place = at(slab, random.uniform(0.3, 0.7), random.uniform(0.35, 0.65));
    const tone = vary(pick(TANKS, random), 8, random);
    drawn += disc(away(place, sun, 1.5), radius, SHADOW, sun.shadowOpacity);
    drawn += disc(place, radius, css(tone)) + disc(place, radius * 0.55, css(shade(tone, 0.92)));
  }
  return drawn;
}
