/** Rings of points moved and swept: parapets inside outlines, shadows outside of them. */

import { signedArea } from '../../masks/polygon.ts';
import { flat, type Point } from './quad.ts';
import type { Sun } from './style.ts';
import { ring } from './svg.ts';

export function circle([x, y]: Point, radius: number, corners: number): Point[] {
  return Array.from({ length: corners }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / corners;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
}

/** The ring moved inwards by `px`, its corners kept sharp. For rings with no edge shorter than about twice `px`. */
export function inwards(outline: readonly Point[], px: number): Point[] {
  const inwardsSign = Math.sign(signedArea(flat(outline)));
  const count = outline.length;
  return outline.map((corner, i): Point => {
    const before = normal(outline[(i + count - 1) % count]!, corner, inwardsSign);
    const after = normal(corner, outline[(i + 1) % count]!, inwardsSign);
    const scale = px / (1 + before[0] * after[0] + before[1] * after[1]);
    return [corner[0] + (before[0] + after[0]) * scale, corner[1] + (before[1] + after[1]) * scale];
  });
}

/** Unit vector across the edge; with sign 1 it points into a ring that runs clockwise on the screen. */
function normal(from: Point, to: Point, sign: number): Point {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy) || 1;
  return [(-dy / length) * sign, (dx / length) * sign];
}

/** The place moved by `px` away from the sun: where the shadow of something that high falls. */
export function away([x, y]: Point, { direction }: Sun, px: number): Point {
  return [x - direction[0] * px, y - direction[1] * px];
}

/**
 * The ground that an outline covers while it moves `px` away from the sun, as the `d` of an SVG path.
 * All its rings run the same way round, so that the default fill rule paints their union.
 */
export function shadowPath(outline: readonly Point[], sun: Sun, px: number): string {
  const end = outline.map((corner) => away(corner, sun, px));
  const sides = outline.map((corner, i) => {
    const j = (i + 1) % outline.length;
    return [corner, outline[j]!, end[j]!, end[i]!];
  });
  return [[...outline], end, ...sides].map((points) => ring(clockwise(points))).join('');
}

function clockwise(points: readonly Point[]): readonly Point[] {
  return signedArea(flat(points)) >= 0 ? points : points.toReversed();
}
