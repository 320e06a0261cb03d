/** How often a ring meets itself. */
export interface SelfContact {
  /** Pairs of edges that cross in their interiors; counting ends at `most`. */
  crossings: number;
  /** A point lies on an edge that is not its own: a crossing in a corner, or a "keyhole" that is none. */
  touches: boolean;
}

interface Edge {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  /** Place in the ring. */
  place: number;
}

/**
 * @param ring flat [x0, y0, ...] of finite numbers; points that stand twice in a row count once
 * @param most crossings that are counted
 */
export function selfContact(ring: readonly number[], most: number): SelfContact {
  const edges = edgesOf(ring);
  const contact = { crossings: 0, touches: false };
  // From left to right: an edge is held against those only that begin before it ends.
  const sorted = edges.toSorted((a, b) => left(a) - left(b));
  for (const [i, edge] of sorted.entries()) {
    const end = Math.max(edge.x1, edge.x2);
    for (let j = i + 1; j < sorted.length && left(sorted[j]!) <= end; j++) {
      const other = sorted[j]!;
      const apart = Math.abs(edge.place - other.place);
      if (apart === 1 || apart === edges.length - 1) continue;
      const sides = [side(edge, other.x1, other.y1), side(edge, other.x2, other.y2)] as const;
      const otherSides = [side(other, edge.x1, edge.y1), side(other, edge.x2, edge.y2)] as const;
      if (sides[0] * sides[1] < 0 && otherSides[0] * otherSides[1] < 0) contact.crossings++;
      else if (!contact.touches) contact.touches = doTouch(edge, other, [...sides, ...otherSides]);
      if (contact.crossings >= most) return contact;
    }
  }
  return contact;
}

function edgesOf(ring: readonly number[]): Edge[] {
  const edges: Edge[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [x1, y1, x2, y2] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
    if (x1 !== x2 || y1 !== y2) edges.push({ x1, y1, x2, y2, place: edges.length });
  }
  return edges;
}

function left(edge: Edge): number {
  return Math.min(edge.x1, edge.x2);
}

/** -1, 0 or 1: on which side of the line the point lies. */
function side({ x1, y1, x2, y2 }: Edge, x: number, y: number): number {
  return Math.sign((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1));
}

/** @param sides of the ends of `b` at `a`, then of the ends of `a` at `b` */
function doTouch(a: Edge, b: Edge, sides: readonly number[]): boolean {
  return (
    (sides[0] === 0 && isWithin(a, b.x1, b.y1)) ||
    (sides[1] === 0 && isWithin(a, b.x2, b.y2)) ||
    (sides[2] === 0 && isWithin(b, a.x1, a.y1)) ||
    (sides[3] === 0 && isWithin(b, a.x2, a.y2))
  );
}

/** Whether a point on the line of the edge lies on the edge. */
function isWithin({ x1, y1, x2, y2 }: Edge, x: number, y: number): boolean {
  return x >= Math.min(x1, x2) && x <= Math.max(x1, x2) && y >= Math.min(y1, y2) && y <= Math.max(y1, y2);
}
