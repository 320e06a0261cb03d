import type { Random } from '../../system/random.ts';
import { css, pick, type Rgb, SHADOW, shade, vary } from './colors.ts';
import { distance, type Point } from './quad.ts';
import { away } from './ring.ts';
import type { Style } from './style.ts';
import { area } from './svg.ts';

export type VehicleKind = 'car' | 'truck';

const SIZES: Record<VehicleKind, { length: number; width: number; height: number }> = {
  car: { length: 6, width: 2.7, height: 0.9 },
  truck: { length: 11, width: 3.6, height: 2 },
};
const PAINTS: readonly Rgb[] = [
  [214, 214, 210],
  [186, 188, 190],
  [60, 62, 66],
  [36, 38, 42],
  [142, 44, 40],
  [48, 76, 120],
  [150, 146, 128],
];

/** @param along two points that give the direction in which it stands */
export function drawVehicle(
  { centre, along }: { centre: Point; along: readonly [Point, Point] },
  kind: VehicleKind,
  { scale, sun }: Style,
  random: Random,
): string {
  const size = SIZES[kind];
  const [length, width] = [size.length * scale * random.uniform(0.9, 1.1), size.width * scale];
  const reach = distance(...along) || 1;
  const heading: Point = [(along[1][0] - along[0][0]) / reach, (along[1][1] - along[0][1]) / reach];
  const box = (from: number, to: number, half: number): Point[] => {
    const place = (a: number, b: number): Point => [
      centre[0] + heading[0] * a * length - heading[1] * b * width,
      centre[1] + heading[1] * a * length + heading[0] * b * width,
    ];
    return [place(from, -half), place(to, -half), place(to, half), place(from, half)];
  };
  const paint = vary(pick(PAINTS, random), 8, random);
  const body = box(-0.5, 0.5, 0.5);
  const shadow = body.map((corner) => away(corner, sun, size.height));
  const [windowFrom, windowTo] = kind === 'car' ? [-0.22, 0.02] : [0.3, 0.36];
  return [
    area(shadow, SHADOW, sun.shadowOpacity),
    area(body, css(paint)),
    area(box(windowFrom, windowTo, 0.42), css(kind === 'car' ? [44, 48, 54] : shade(paint, 0.6))),
  ].join('');
}
