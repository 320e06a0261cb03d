/**
 * An outline with holes as one ring: each hole is joined to what is above it by a doubled line ("keyhole"), which
 * encloses nothing, so that areas, even-odd tests and rasterising need not know of holes.
 */
import { signedArea } from './polygon.ts';

/**
 * @param outer ring around all holes, flat [x0, y0, ...]
 * @param holes rings inside it that cross neither it nor each other; any direction
 * @returns one ring, clockwise on the screen; `outer` itself, turned if need be, where there are no holes
 */
export function bridgeHoles(outer: readonly number[], holes: readonly (readonly number[])[]): number[] {
  const ring = signedArea(outer) < 0 ? reversed(outer) : [...outer];
  // From the top down: what is above a hole, be it another hole, is part of the ring by then.
  const opened = holes.filter((hole) => hole.length >= 6).map(fromTop);
  opened.sort((a, b) => a[1]! - b[1]! || a[0]! - b[0]!);
  for (const hole of opened) insertHole(ring, hole);
  return ring;
}

/** Anticlockwise, beginning with its uppermost point, of several the leftmost. */
function fromTop(hole: readonly number[]): number[] {
  const ring = signedArea(hole) > 0 ? reversed(hole) : [...hole];
  let first = 0;
  for (let i = 2; i + 1 < ring.length; i += 2) {
    const isHigher = ring[i + 1]! < ring[first + 1]!;
    if (isHigher || (ring[i + 1]! === ring[first + 1]! && ring[i]! < ring[first]!)) first = i;
  }
  return [...ring.slice(first), ...ring.slice(0, first)];
}

/** Joins the hole's first point with the point of the ring straight above it. */
function insertHole(ring: number[], hole: readonly number[]): void {
  const [x, y] = [hole[0]!, hole[1]!];
  // Where nothing is above, the hole was not inside: a bridge to anywhere keeps the even-odd rule.
  let best = { after: 0, y: Number.NEGATIVE_INFINITY };
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [x1, y1, x2, y2] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
    if (x1 <= x === x2 <= x) continue;
    const crossing = y1 + ((x - x1) / (x2 - x1)) * (y2 - y1);
    if (crossing <= y && crossing > best.y) best = { after: i, y: crossing };
  }
  const at = best.y === Number.NEGATIVE_INFINITY ? [ring[0]!, ring[1]!] : [x, best.y];
  ring.splice(best.after + 2, 0, ...at, ...hole, x, y, ...at);
}

function reversed(ring: readonly number[]): number[] {
  const points: number[] = [];
  for (let i = ring.length - 2; i >= 0; i -= 2) points.push(ring[i]!, ring[i + 1]!);
  return points;
}
