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
 * Cuts a polygon, convex or not, at the borders of an image. It may touch itself but not cross itself: holes that are
 * joined to the ring around them by a doubled line ("keyholes") stay holes.
 * @returns its parts inside [0, width] x [0, height]; empty when nothing is inside.
 *   A concave polygon may fall into several parts; they share no edge, but for what is left of such a doubled line
 *   when it reaches from border to border.
 */
export function clipPolygon(polygon: readonly number[], width: number, height: number): number[][] {
  const [y1, x1, y2, x2] = polygonsBox([polygon]);
  if (x1 >= 0 && y1 >= 0 && x2 <= width && y2 <= height) return polygon.length < 6 ? [] : [[...polygon]];
  if (x2 <= 0 || y2 <= 0 || x1 >= width || y1 >= height) return [];
  let parts = [[...polygon]];
  if (x1 < 0) parts = parts.flatMap((part) => clipAtBorder(part, { axis: 0, at: 0, inward: 1 }));
  if (x2 > width) parts = parts.flatMap((part) => clipAtBorder(part, { axis: 0, at: width, inward: -1 }));
  if (y1 < 0) parts = parts.flatMap((part) => clipAtBorder(part, { axis: 1, at: 0, inward: 1 }));
  if (y2 > height) parts = parts.flatMap((part) => clipAtBorder(part, { axis: 1, at: height, inward: -1 }));
  return parts;
}

/** A vertical line x = `at` (axis 0) or a level one y = `at` (axis 1), and which way from it the image lies. */
interface Border {
  axis: 0 | 1;
  at: number;
  inward: 1 | -1;
}

/** A run of the ring that lies inside, from the border to the border. What lies on the border is outside. */
interface Chain {
  points: number[];
  /** Places along the border where the run comes in and goes out. */
  from: number;
  to: number;
}

/**
 * Each chain goes on along the border to the beginning of another. Along the border, exits and entries take turns; so the
 * first exit belongs to the first entry, the second one to the second one, and so on. Taken like that, nothing depends on
 * which comes first where an exit and an entry lie at the same place, as they do where a doubled line is cut.
 */
function clipAtBorder(polygon: number[], border: Border): number[][] {
  const chains = insideChains(polygon, border);
  if (chains === 'inside') return [polygon];
  const exits = [...chains.keys()].sort((a, b) => chains[a]!.to - chains[b]!.to);
  const entries = [...chains.keys()].sort((a, b) => chains[a]!.from - chains[b]!.from);
  const next = new Uint32Array(chains.length);
  for (const [rank, exit] of exits.entries()) next[exit] = entries[rank]!;
  joinTouching(chains, next, { exits, entries });
  return collectCycles(next)
    .map((cycle) => joinChains(cycle.map((i) => chains[i]!)))
    .filter((part) => part.length >= 6);
}

/**
 * Two exits at the same place may change their entries, and the other way round: the border between is the same. It is
 * done where it makes one ring of two, of which one may be a hole that would have come off.
 */
function joinTouching(
  chains: readonly Chain[],
  next: Uint32Array,
  { exits, entries }: Record<'exits' | 'entries', readonly number[]>,
): void {
  const sameExit = (rank: number) => chains[exits[rank]!]!.to === chains[exits[rank - 1]!]!.to;
  const sameEntry = (rank: number) => chains[entries[rank]!]!.from === chains[entries[rank - 1]!]!.from;
  const ranks = [...exits.keys()].slice(1).filter((rank) => sameExit(rank) || sameEntry(rank));
  if (ranks.length === 0) return;
  const previous = new Uint32Array(next.length);
  next.forEach((to, from) => {
    previous[to] = from;
  });
  const rings = ringsOf(next);
  const join = (a: number, b: number) => {
    if (!rings.unite(a, b)) return;
    [next[a], next[b]] = [next[b]!, next[a]!];
    previous[next[a]!] = a;
    previous[next[b]!] = b;
  };
  for (const rank of ranks) {
    if (sameExit(rank)) join(exits[rank - 1]!, exits[rank]!);
    if (sameEntry(rank)) join(previous[entries[rank - 1]!]!, previous[entries[rank]!]!);
  }
}

/** Which chains are of one ring (union-find). */
function ringsOf(next: Uint32Array): { unite: (a: number, b: number) => boolean } {
  const ringOf = new Uint32Array(next.length);
  const cycles = collectCycles(next);
  for (const [ring, cycle] of cycles.entries()) for (const chain of cycle) ringOf[chain] = ring;
  const parents = [...cycles.keys()];
  const rootOf = (chain: number) => {
    let ring = ringOf[chain]!;
    while (parents[ring] !== ring) ring = parents[ring]!;
    ringOf[chain] = ring;
    return ring;
  };
  return {
    unite: (a, b) => {
      const [rootA, rootB] = [rootOf(a), rootOf(b)];
      parents[rootA] = rootB;
      return rootA !== rootB;
    },
  };
}

function collectCycles(next: Uint32Array): number[][] {
  const cycles: number[][] = [];
  const isSeen = new Uint8Array(next.length);
  for (let first = 0; first < next.length; first++) {
    if (isSeen[first] === 1) continue;
    const cycle: number[] = [];
    for (let i = first; isSeen[i] === 0; i = next[i]!) {
      isSeen[i] = 1;
      cycle.push(i);
    }
    cycles.push(cycle);
  }
  return cycles;
}

/** The chains one after the other, each point once where one ends as the next begins. */
function joinChains(chains: readonly Chain[]): number[] {
  return chains.flatMap(({ points, to }, i) =>
    to === chains[(i + 1) % chains.length]!.from ? points.slice(0, -2) : points,
  );
}

function insideChains(polygon: readonly number[], { axis, at, inward }: Border): Chain[] | 'inside' {
  const chains: Chain[] = [];
  let chain: Chain = { points: [], from: Number.NaN, to: Number.NaN };
  const beginning = chain;
  let isCut = false;
  forEachEdge(polygon, (x1, y1, x2, y2) => {
    const d1 = inward * ((axis === 0 ? x1 : y1) - at);
    const d2 = inward * ((axis === 0 ? x2 : y2) - at);
    if (d1 > 0) chain.points.push(x1, y1);
    else if (d1 < 0) isCut = true;
    if (d1 > 0 === d2 > 0) return;
    const [u1, u2] = axis === 0 ? [y1, y2] : [x1, x2];
    // From the inner end on, whichever way the edge runs: both sides of a doubled line are cut at the same place.
    const along = d1 > 0 ? between(u1, u2, d1 / (d1 - d2)) : between(u2, u1, d2 / (d2 - d1));
    const crossing = axis === 0 ? [at, along] : [along, at];
    if (d1 > 0) {
      chain.points.push(...crossing);
      chain.to = along;
      chains.push(chain);
    } else {
      chain = { points: crossing, from: along, to: Number.NaN };
    }
  });
  if (!isCut) return 'inside';
  if (chains.length === 0) return [];
  // The ring began inside: what was gathered before the first exit is the end of the last chain.
  if (Number.isNaN(beginning.from)) {
    beginning.points = chain.points.concat(beginning.points);
    beginning.from = chain.from;
  }
  return chains;
}

/** Rounding does not leave the way from one to the other. */
function between(from: number, to: number, share: number): number {
  const at = from + share * (to - from);
  return from < to ? Math.min(at, to) : Math.max(at, to);
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
