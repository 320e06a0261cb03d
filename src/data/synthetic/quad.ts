/**
 * Four-sided pieces of ground, the one shape from which towns are laid out: a block, a plot, a wing of a house.
 * Places in a quad are given by u and v in [0, 1], mapped bilinearly. Lines of equal u or v are straight, so pieces of one
 * quad share their edges exactly: neighbours touch without a gap and without overlap.
 */

/** Pixels of the scene, y downwards. */
export type Point = readonly [x: number, y: number];

/** Convex; its corners in the order (u, v) = (0, 0), (1, 0), (1, 1), (0, 1). */
export type Quad = readonly [Point, Point, Point, Point];

export function at(quad: Quad, u: number, v: number): Point {
  const weights = [(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v];
  let [x, y] = [0, 0];
  for (let i = 0; i < 4; i++) {
    x += weights[i]! * quad[i]![0];
    y += weights[i]! * quad[i]![1];
  }
  return [x, y];
}

/** The piece between u0 and u1, v0 and v1. */
export function piece(
  quad: Quad,
  [u0, u1]: readonly [number, number],
  [v0, v1]: readonly [number, number],
): Quad {
  return [at(quad, u0, v0), at(quad, u1, v0), at(quad, u1, v1), at(quad, u0, v1)];
}

/** Mean length in pixels along u. */
export function lengthU(quad: Quad): number {
  return (distance(quad[0], quad[1]) + distance(quad[3], quad[2])) / 2;
}

/** Mean length in pixels along v. */
export function lengthV(quad: Quad): number {
  return (distance(quad[0], quad[3]) + distance(quad[1], quad[2])) / 2;
}

/** The same quad with u and v a quarter turn further, `times` times. */
export function turned(quad: Quad, times: number): Quad {
  const corner = (i: number) => quad[(i + times) % 4]!;
  return [corner(0), corner(1), corner(2), corner(3)];
}

/** The same quad with u along its longer side. */
export function longSideAlongU(quad: Quad): Quad {
  return lengthU(quad) >= lengthV(quad) ? quad : turned(quad, 1);
}

/** Moves the four sides inwards by `px` (u = 0, u = 1, v = 0, v = 1 in turn). */
export function inset(
  quad: Quad,
  [fromU0, fromU1, fromV0, fromV1]: readonly [number, number, number, number],
): Quad {
  const [u, v] = [lengthU(quad), lengthV(quad)];
  return piece(quad, [fromU0 / u, 1 - fromU1 / u], [fromV0 / v, 1 - fromV1 / v]);
}

/** Cuts across u at `fractions[0]` on the side v = 0 and `fractions[1]` on the side v = 1; a strip of `gap` pixels lies between. */
export function cutAcrossU(
  quad: Quad,
  fractions: readonly [number, number],
  gap: number,
): { first: Quad; strip: Quad; second: Quad } {
  const half = gap / 2 / lengthU(quad);
  const line = (shift: number): [Point, Point] => [
    at(quad, fractions[0] + shift, 0),
    at(quad, fractions[1] + shift, 1),
  ];
  const [[a, d], [b, c]] = [line(-half), line(half)];
  return { first: [quad[0], a, d, quad[3]], strip: [a, b, c, d], second: [b, quad[1], quad[2], c] };
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

export function centreOf(quad: Quad): Point {
  return at(quad, 0.5, 0.5);
}

/** Whether the points' bounding box comes within `reach` pixels of the picture. */
export function isInView(points: readonly Point[], size: number, reach = 0): boolean {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return (
    Math.max(...xs) > -reach &&
    Math.min(...xs) < size + reach &&
    Math.max(...ys) > -reach &&
    Math.min(...ys) < size + reach
  );
}

/** Points as the flat ring of `src/masks/polygon.ts`. */
export function flat(points: readonly Point[]): number[] {
  return points.flat();
}
