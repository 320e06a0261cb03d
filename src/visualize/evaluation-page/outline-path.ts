/**
 * Outlines of masks as SVG path data: traced along the pixels, the stairs of slanted edges made straight, and simplified.
 * Numbers are half pixels, so that all are whole, and relative ones are short.
 */
import type { Rle } from '../../masks/rle.ts';
import { tracePolygons } from '../../masks/trace-polygons.ts';

type Point = readonly [x: number, y: number];

/** Units of a path's numbers that make a pixel. */
export const UNITS_PER_PIXEL = 2;

/** Characters: only a mask that is noise, or winds like a spiral, has more. One loop takes half of them at most. */
const MOST_CHARACTERS = 20_000;

/** Of a loop, before it is simplified: that takes the square of their number for a spiral. */
const MOST_POINTS = 4000;

/** What a loop keeps at the most that would vanish. */
const FEW_POINTS = 64;

/**
 * @param tolerance pixels of the image, >= 0: no point of the mask's outline is further away from what is drawn than this
 *   and half a pixel, by which stairs are cut, but for loops of thousands of corners, which are drawn as well as there is
 *   room. At 0, the centre of each pixel is on the side where it belongs
 * @returns the `d` of an SVG path with a closed loop for each part and each hole, to be filled by `evenodd`, from the one
 *   with the most corners on, as far as they do not make it too long; '' for an empty mask
 */
export function outlinePath(mask: Rle, tolerance: number): string {
  let path = '';
  const loops = tracePolygons(mask).flatMap(cutLoops).map(withoutStraight);
  for (const loop of loops.sort((a, b) => b.length - a.length)) {
    const next = loopData(loop, tolerance * UNITS_PER_PIXEL);
    if (path.length + next.length > MOST_CHARACTERS) break;
    path += next;
  }
  return path;
}

/** Simplified by more than the tolerance (in units) where it would be too long. */
function loopData(loop: readonly Point[], tolerance: number): string {
  const points = atMost(smoothStairs(loop), MOST_POINTS);
  for (let most = tolerance; ; most = Math.max(UNITS_PER_PIXEL, 2 * most)) {
    const data = pathData(simplifyLoop(points, most));
    if (2 * data.length <= MOST_CHARACTERS) return data;
  }
}

/** @returns so many points at the most, evenly chosen */
function atMost(points: readonly Point[], most: number): readonly Point[] {
  const step = Math.ceil(points.length / most);
  return step <= 1 ? points : points.filter((_, i) => i % step === 0);
}

/**
 * Cuts the holes of a ring loose, whose keyholes would be drawn as lines: wherever the ring comes to a place again, what
 * lies in between is a loop of its own, and the keyhole itself one of two points.
 */
function cutLoops(ring: readonly number[]): Point[][] {
  const loops: Point[][] = [];
  const path: Point[] = [];
  const places = new Map<string, number>();
  const points = withPassedCorners(ring);
  for (const point of [...points, points[0]!]) {
    const key = point.join();
    const before = places.get(key);
    if (before === undefined) {
      places.set(key, path.length);
      path.push(point);
      continue;
    }
    const loop = path.splice(before + 1);
    for (const cut of loop) places.delete(cut.join());
    if (loop.length > 1) loops.push([point, ...loop]);
  }
  return loops;
}

/** With the ring's own corners on its vertical lines as points of these: there a keyhole begins or ends. */
function withPassedCorners(ring: readonly number[]): Point[] {
  const corners: Point[] = [];
  const byColumn = new Map<number, number[]>();
  for (let i = 0; i < ring.length; i += 2) {
    const [x, y] = [ring[i]!, ring[i + 1]!];
    corners.push([x, y]);
    const rows = byColumn.get(x);
    if (rows) rows.push(y);
    else byColumn.set(x, [y]);
  }
  return corners.flatMap(([x, y], i): Point[] => {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!;
    if (nextX !== x) return [[x, y]];
    const passed = byColumn.get(x)!.filter((row) => (row - y) * (row - nextY) < 0);
    const inOrder = [...new Set(passed)].sort((a, b) => (nextY > y ? a - b : b - a));
    return [[x, y], ...inOrder.map((row): Point => [x, row])];
  });
}

/** Where a keyhole began, a point is left on a straight line. */
function withoutStraight(loop: readonly Point[]): Point[] {
  return loop.filter(([x, y], i) => {
    const [[x1, y1], [x2, y2]] = [loop.at(i - 1)!, loop[(i + 1) % loop.length]!];
    return !((x1 === x && x === x2) || (y1 === y && y === y2));
  });
}

/**
 * Lets a line go through the middles of the edges where one of a corner's two edges is a single pixel: so the stairs of a
 * slanted edge become straight, and no corner is cut by more than half a pixel. From pixels to units.
 */
function smoothStairs(loop: readonly Point[]): Point[] {
  const lengths = loop.map(([x, y], i) => {
    const [nextX, nextY] = loop[(i + 1) % loop.length]!;
    return Math.abs(nextX - x) + Math.abs(nextY - y);
  });
  const isStair = loop.map((_, i) => lengths.at(i - 1) === 1 || lengths[i] === 1);
  return loop.flatMap(([x, y], i): Point[] => {
    const next = (i + 1) % loop.length;
    const [nextX, nextY] = loop[next]!;
    return [
      ...(isStair[i] ? [] : [[UNITS_PER_PIXEL * x, UNITS_PER_PIXEL * y] as const]),
      ...(isStair[i] || isStair[next] ? [[x + nextX, y + nextY] as const] : []),
    ];
  });
}

/** Ramer 1972, Douglas and Peucker 1973, on both halves of a loop. One that would vanish keeps some points all the same. */
function simplifyLoop(points: readonly Point[], tolerance: number): readonly Point[] {
  // Both ends of a half stay: the leftmost point, the uppermost of these, is a corner, and so is the one furthest from it.
  const first = points.reduce((best, [x, y], i) => {
    const [bestX, bestY] = points[best]!;
    return x < bestX || (x === bestX && y < bestY) ? i : best;
  }, 0);
  const loop = [...points.slice(first), ...points.slice(0, first)];
  const distances = loop.map(([x, y]) => Math.hypot(x - loop[0]![0], y - loop[0]![1]));
  const middle = distances.indexOf(distances.reduce((most, some) => Math.max(most, some), 0));
  const kept = [
    ...simplifyLine(loop.slice(0, middle + 1), tolerance),
    ...simplifyLine([...loop.slice(middle), loop[0]!], tolerance),
  ];
  return kept.length > 2 ? kept : atMost(loop, FEW_POINTS);
}

/** @returns without the last point */
function simplifyLine(line: readonly Point[], tolerance: number): Point[] {
  const [first, last] = [line[0]!, line.at(-1)!];
  let [furthest, most] = [0, tolerance];
  for (let i = 1; i < line.length - 1; i++) {
    const distance = distanceToSegment(line[i]!, first, last);
    if (distance > most) [furthest, most] = [i, distance];
  }
  if (furthest === 0) return [first];
  return [
    ...simplifyLine(line.slice(0, furthest + 1), tolerance),
    ...simplifyLine(line.slice(furthest), tolerance),
  ];
}

function distanceToSegment([x, y]: Point, [x1, y1]: Point, [x2, y2]: Point): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy);
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x1 - share * dx, y - y1 - share * dy);
}

function pathData(loop: readonly Point[]): string {
  let [x, y] = loop[0]!;
  let [data, command] = [`M${x} ${y}`, 'M'];
  for (const [nextX, nextY] of loop.slice(1)) {
    const [dx, dy] = [nextX - x, nextY - y];
    const next = dy === 0 ? 'h' : dx === 0 ? 'v' : 'l';
    const numbers = next === 'h' ? `${dx}` : next === 'v' ? `${dy}` : joined(dx, dy);
    data += next === command ? joined('', numbers) : next + numbers;
    command = next;
    [x, y] = [nextX, nextY];
  }
  return `${data}z`;
}

/** A sign parts two numbers as well as a space does. */
function joined(before: number | string, after: number | string): string {
  return `${before}${`${after}`.startsWith('-') ? '' : ' '}${after}`;
}
