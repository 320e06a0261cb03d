/**
 * Plane geometry of building outlines.
 *
 * A polygon is one ring, flat [x0, y0, x1, y1, ...], in pixels, a pixel's centre at .5; the last point joins the first.
 * The direction of the ring does not matter unless said. Boxes are [y1, x1, y2, x2].
 */

/** @returns the area in square pixels, >= 0; 0 for fewer than three points */
export function polygonArea(polygon: readonly number[]): number {
  return Math.abs(signedArea(polygon));
}

/** @returns the area in square pixels, > 0 where the ring runs clockwise on the screen (y points down) */
export function signedArea(polygon: readonly number[]): number {
  let twice = 0;
  forEachEdge(polygon, (x1, y1, x2, y2) => {
    twice += x1 * y2 - x2 * y1;
  });
  return twice / 2;
}

/** @returns [y1, x1, y2, x2] around all rings; four zeros when there is no point at all */
export function polygonsBox(polygons: readonly (readonly number[])[]): [number, number, number, number] {
  let [y1, x1, y2, x2] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const polygon of polygons) {
    for (let i = 0; i + 1 < polygon.length; i += 2) {
      x1 = Math.min(x1, polygon[i]!);
      x2 = Math.max(x2, polygon[i]!);
      y1 = Math.min(y1, polygon[i + 1]!);
      y2 = Math.max(y2, polygon[i + 1]!);
    }
  }
  return x1 > x2 ? [0, 0, 0, 0] : [y1, x1, y2, x2];
}

/**
 * Even-odd test. A point on the ring itself counts as inside on the left and upper sides only,
 * so that polygons that share an edge never share a point.
 */
export function pointInPolygon(polygon: readonly number[], x: number, y: number): boolean {
  let inside = false;
  forEachEdge(polygon, (x1, y1, x2, y2) => {
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  });
  return inside;
}

/** @returns the shortest way between the two areas in pixels; 0 where they touch, cross or contain one another */
export function polygonDistance(a: readonly number[], b: readonly number[]): number {
  if (pointInPolygon(a, b[0]!, b[1]!) || pointInPolygon(b, a[0]!, a[1]!)) return 0;
  const [edgesOfA, edgesOfB] = [edges(a), edges(b)];
  let squared = Infinity;
  for (const edge of edgesOfA) {
    for (const other of edgesOfB) {
      if (doCross(edge, other)) return 0;
      squared = Math.min(squared, fromEndsSquared(edge, other), fromEndsSquared(other, edge));
    }
  }
  return Math.sqrt(squared);
}

/**
 * Cuts a simple polygon, convex or not, at the borders of an image.
 * @returns its parts inside [0, width] x [0, height]; empty when nothing is inside.
 *   A concave polygon may fall into several parts; they share no edge.
 */
export function clipPolygon(polygon: readonly number[], width: number, height: number): number[][] {
  const [y1, x1, y2, x2] = polygonsBox([polygon]);
  if (x1 >= 0 && y1 >= 0 && x2 <= width && y2 <= height) return polygon.length < 6 ? [] : [[...polygon]];
  let parts = [[...polygon]];
  const borders: HalfPlane[] = [
    [1, 0, 0],
    [-1, 0, width],
    [0, 1, 0],
    [0, -1, height],
  ];
  for (const border of borders) parts = parts.flatMap((part) => clipToHalfPlane(part, border));
  // Crossings are rounded and may lie beyond the border by the last bit.
  return parts.map((part) =>
    part.map((value, i) => Math.max(0, Math.min(i % 2 === 0 ? width : height, value))),
  );
}

/** Keeps the points where a·x + b·y + c >= 0; (a, b) has length 1. */
type HalfPlane = readonly [a: number, b: number, c: number];

/** A run of the ring that lies inside, from the border to the border. */
interface Chain {
  points: number[];
  /** Places along the border where the run comes in and goes out. */
  from: number;
  to: number;
}

function clipToHalfPlane(polygon: readonly number[], plane: HalfPlane): number[][] {
  const chains = insideChains(polygon, plane);
  if (chains === 'inside') return [[...polygon]];
  // Along the border, inside and outside take turns: the crossings pair up in the order in which they lie there.
  const ends = chains.flatMap((chain) => [
    { at: chain.from, chain, isStart: true },
    { at: chain.to, chain, isStart: false },
  ]);
  ends.sort((a, b) => a.at - b.at);
  const next = new Map<Chain, Chain>();
  for (let i = 0; i + 1 < ends.length; i += 2) {
    const [exit, entry] = ends[i]!.isStart ? [ends[i + 1]!, ends[i]!] : [ends[i]!, ends[i + 1]!];
    next.set(exit.chain, entry.chain);
  }
  const parts: number[][] = [];
  const open = new Set(chains);
  for (const first of chains) {
    const part: number[] = [];
    for (let chain: Chain | undefined = first; chain && open.delete(chain); chain = next.get(chain)) {
      part.push(...chain.points);
    }
    if (part.length >= 6) parts.push(part);
  }
  return parts;
}

function insideChains(polygon: readonly number[], [a, b, c]: HalfPlane): Chain[] | 'inside' {
  const chains: Chain[] = [];
  let chain: Chain = { points: [], from: Number.NaN, to: Number.NaN };
  const beginning = chain;
  forEachEdge(polygon, (x1, y1, x2, y2) => {
    const [d1, d2] = [a * x1 + b * y1 + c, a * x2 + b * y2 + c];
    if (d1 >= 0) chain.points.push(x1, y1);
    if (d1 >= 0 === d2 >= 0) return;
    const t = d1 / (d1 - d2);
    const [x, y] = [x1 + t * (x2 - x1), y1 + t * (y2 - y1)];
    const along = a * y - b * x;
    if (d1 >= 0) {
      chain.points.push(x, y);
      chain.to = along;
      chains.push(chain);
    } else {
      chain = { points: [x, y], from: along, to: Number.NaN };
    }
  });
  if (chains.length === 0) return beginning.points.length > 0 ? 'inside' : [];
  // The ring began inside: what was gathered before the first exit is the end of the last chain.
  if (Number.isNaN(beginning.from)) {
    beginning.points.unshift(...chain.points);
    beginning.from = chain.from;
  }
  return chains;
}

function forEachEdge(
  polygon: readonly number[],
  visit: (x1: number, y1: number, x2: number, y2: number) => void,
): void {
  const count = polygon.length - (polygon.length % 2);
  for (let i = 0; i < count; i += 2) {
    const j = (i + 2) % count;
    visit(polygon[i]!, polygon[i + 1]!, polygon[j]!, polygon[j + 1]!);
  }
}

type Segment = readonly [x1: number, y1: number, x2: number, y2: number];

function edges(polygon: readonly number[]): Segment[] {
  const segments: Segment[] = [];
  forEachEdge(polygon, (x1, y1, x2, y2) => segments.push([x1, y1, x2, y2]));
  return segments;
}

/** Whether the segments cross in their interiors; mere contact shows in the distance of the ends. */
function doCross(a: Segment, b: Segment): boolean {
  return side(a, b[0], b[1]) * side(a, b[2], b[3]) < 0 && side(b, a[0], a[1]) * side(b, a[2], a[3]) < 0;
}

/** -1, 0 or 1: on which side of the line the point lies. */
function side([x1, y1, x2, y2]: Segment, x: number, y: number): number {
  return Math.sign((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1));
}

/** Squared distance from the nearer end of `a` to the segment `b`. */
function fromEndsSquared(a: Segment, b: Segment): number {
  return Math.min(fromPointSquared(a[0], a[1], b), fromPointSquared(a[2], a[3], b));
}

function fromPointSquared(x: number, y: number, [x1, y1, x2, y2]: Segment): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length));
  return (x - x1 - t * dx) ** 2 + (y - y1 - t * dy) ** 2;
}
