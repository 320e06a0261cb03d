/** Outlines of buildings: the shapes that houses take on their plots. */

import { polygonArea, polygonsBox } from '../../masks/polygon.ts';
import type { Random } from '../../system/random.ts';
import { pickWeighted } from './colors.ts';
import type { Plot, PlotUse } from './plot.ts';
import {
  at,
  centreOf,
  distance,
  flat,
  lengthU,
  lengthV,
  longSideAlongU,
  type Point,
  piece,
  type Quad,
  turned,
} from './quad.ts';
import { circle } from './ring.ts';

export type Shape = 'rectangle' | 'L' | 'T' | 'U' | 'round';

/** A building seen from above. */
export interface Footprint {
  shape: Shape;
  outline: Point[];
  /** Of the outline, [y1, x1, y2, x2]. */
  box: readonly [number, number, number, number];
  /** Rectangular parts that make up the outline; the main one first. The others start (u = 0) at its side and run away from it. */
  wings: Quad[];
  plot: Plot;
}

/** Narrower plots carry plain rectangles, pixels. */
const SMALLEST_SHAPED_SIDE = 13;
/** Smaller buildings would not be seen, square pixels. */
const SMALLEST_AREA = 30;

const SHAPES: Record<PlotUse, [Shape, number][]> = {
  terrace: [
    ['rectangle', 0.78],
    ['L', 0.22],
  ],
  dense: [
    ['rectangle', 0.55],
    ['L', 0.28],
    ['T', 0.06],
    ['U', 0.11],
  ],
  detached: [
    ['rectangle', 0.43],
    ['L', 0.31],
    ['T', 0.13],
    ['U', 0.08],
    ['round', 0.03],
  ],
  hall: [
    ['rectangle', 0.62],
    ['L', 0.2],
    ['U', 0.1],
    ['round', 0.04],
  ],
  shed: [['rectangle', 1]],
};

/** @returns undefined where the plot is too small for a building */
export function standOn(plot: Plot, random: Random): Footprint | undefined {
  const { ground } = plot;
  if (polygonArea(flat(ground)) < SMALLEST_AREA) return undefined;
  const isSmall = Math.min(lengthU(ground), lengthV(ground)) < SMALLEST_SHAPED_SIDE;
  const shape = isSmall ? 'rectangle' : pickWeighted(SHAPES[plot.use], random);
  if (shape === 'round') return withBox({ shape, plot, ...roundOutline(ground) });
  // The front of a terrace stays on its street; other houses face any way.
  const placed = plot.use === 'terrace' ? ground : turned(longSideAlongU(ground), 2 * random.int(2));
  return withBox({ shape, plot, ...OUTLINES[shape](placed, random) });
}

function withBox(footprint: Omit<Footprint, 'box'>): Footprint {
  return { ...footprint, box: polygonsBox([flat(footprint.outline)]) };
}

type Outline = Pick<Footprint, 'outline' | 'wings'>;

const OUTLINES: Record<Exclude<Shape, 'round'>, (ground: Quad, random: Random) => Outline> = {
  rectangle: (ground) => ({ outline: [...ground], wings: [longSideAlongU(ground)] }),
  L(ground, random) {
    const [depth, width] = wingSizes(random);
    return random.next() < 0.5
      ? mainAndWings(ground, depth, [[0, width]])
      : mainAndWings(ground, depth, [[1 - width, 1]]);
  },
  T(ground, random) {
    const [depth, width] = wingSizes(random);
    const from = random.uniform(0.2, 0.8 - width);
    return mainAndWings(ground, depth, [[from, from + width]]);
  },
  U(ground, random) {
    const depth = random.uniform(0.4, 0.55);
    return mainAndWings(ground, depth, [
      [0, random.uniform(0.28, 0.36)],
      [1 - random.uniform(0.28, 0.36), 1],
    ]);
  },
};

/** @returns depth of the main part and width of the wing, as shares of the plot */
function wingSizes(random: Random): [depth: number, width: number] {
  return [random.uniform(0.45, 0.62), random.uniform(0.38, 0.55)];
}

/** A main part along v = 0, `depth` deep, and wings from there to v = 1 between the given places along u. */
function mainAndWings(ground: Quad, depth: number, places: [from: number, to: number][]): Outline {
  const outline = [at(ground, 1, depth), at(ground, 1, 0), at(ground, 0, 0), at(ground, 0, depth)];
  const wings = [longSideAlongU(piece(ground, [0, 1], [0, depth]))];
  for (const [from, to] of places) {
    outline.push(at(ground, from, depth), at(ground, from, 1), at(ground, to, 1), at(ground, to, depth));
    wings.push(turned(piece(ground, [from, to], [depth, 1]), 1));
  }
  const isRepeated = (point: Point, i: number) => distance(point, outline.at(i - 1)!) < 1e-9;
  // Wings at the very end of the main part begin in its corners.
  return { outline: outline.filter((point, i) => !isRepeated(point, i)), wings };
}

const ROUND_CORNERS = 24;

function roundOutline(ground: Quad): Outline {
  // A plot is not quite square: a little less than its half keeps the circle on it.
  const radius = 0.45 * Math.min(lengthU(ground), lengthV(ground));
  return { outline: circle(centreOf(ground), radius, ROUND_CORNERS), wings: [ground] };
}
