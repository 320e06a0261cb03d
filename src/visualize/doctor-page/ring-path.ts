import type { View } from './view.ts';

/** Steps per pixel of a picture as large as it is shown, about 360 pixels: finer ones nobody sees. */
const STEPS_ACROSS = 1440;
/** Characters: a city has more outlines than a page can hold. */
const MOST_CHARACTERS = 4000;

/**
 * @param rings flat [x0, y0, x1, y1, ...]; those that would make it too long are left out
 * @returns the `d` of an SVG path, in coordinates that are not finer than what is seen in the view
 */
export function ringPath(rings: readonly (readonly number[])[], view: View): string {
  const step = Math.max(view.width, view.height) / STEPS_ACROSS;
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  let path = '';
  for (const ring of rings) {
    const next = ringData(ring, digits);
    if (path.length + next.length > MOST_CHARACTERS) break;
    path += next;
  }
  return path;
}

function ringData(ring: readonly number[], digits: number): string {
  const points: string[] = [];
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const point = `${rounded(ring[i]!, digits)} ${rounded(ring[i + 1]!, digits)}`;
    if (point !== points.at(-1)) points.push(point);
  }
  return points.length === 0 ? '' : `M${points.join('L')}Z`;
}

function rounded(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
