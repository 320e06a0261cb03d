/**
 * Shapes as SVG. Each is opaque or has its opacity on its own paint: an `opacity` attribute would make the renderer
 * draw every shape on a sheet of its own, which is five times slower on large scenes.
 */

import type { Point } from './quad.ts';

export interface Pen {
  color: string;
  /** Pixels. */
  width: number;
  /** 0-1; 1 unless given. */
  opacity?: number;
  /** Lengths of dashes and gaps, e.g. `4 4`. */
  dashes?: string;
}

/** `d` of a closed path through the points. */
export function ring(points: readonly Point[]): string {
  return `${way(points)}Z`;
}

export function area(points: readonly Point[], fill: string, opacity = 1): string {
  return path(ring(points), fill, opacity);
}

/** @param d what a path is made of, e.g. several rings */
export function path(d: string, fill: string, opacity = 1): string {
  return `<path d="${d}" fill="${fill}"${covering('fill', opacity)}/>`;
}

export function disc([x, y]: Point, radius: number, fill: string, opacity = 1): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="${fill}"${covering('fill', opacity)}/>`;
}

/** The border of an area alone. */
export function outline(points: readonly Point[], pen: Pen): string {
  return stroke(ring(points), pen);
}

export function line(ends: readonly [Point, Point], pen: Pen): string {
  return lines([ends], pen);
}

/** Many lines with one pen as one shape. */
export function lines(all: readonly (readonly [Point, Point])[], pen: Pen): string {
  return stroke(all.map(way).join(''), pen);
}

/**
 * Two colours that run into one another from one end to the other; used as `fill` by `url(#id)`.
 * @param spread what follows beyond the ends: the colours stay (`pad`) or run back and forth (`reflect`)
 */
export function gradient(
  id: string,
  [from, to]: readonly [Point, Point],
  colors: readonly [string, string],
  spread: 'pad' | 'reflect',
): string {
  const ends = `x1="${round(from[0])}" y1="${round(from[1])}" x2="${round(to[0])}" y2="${round(to[1])}"`;
  const stops = colors.map((color, i) => `<stop offset="${i}" stop-color="${color}"/>`).join('');
  return `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" spreadMethod="${spread}" ${ends}>${stops}</linearGradient>`;
}

export function svgDocument(size: number, layers: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}">${layers.join('')}</svg>`;
}

function stroke(d: string, { color, width, opacity = 1, dashes }: Pen): string {
  const dashed = dashes ? ` stroke-dasharray="${dashes}"` : '';
  return `<path d="${d}" fill="none" stroke="${color}" stroke-width="${round(width)}"${covering('stroke', opacity)}${dashed}/>`;
}

function way(points: readonly Point[]): string {
  return `M${points.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}`;
}

function covering(paint: 'fill' | 'stroke', opacity: number): string {
  return opacity === 1 ? '' : ` ${paint}-opacity="${round(opacity)}"`;
}

/** Two decimals: a hundredth of a pixel is finer than the renderer's anti-aliasing. */
function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
