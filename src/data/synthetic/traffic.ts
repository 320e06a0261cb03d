/** Streets and parking places with what stands on them. */

import type { Random } from '../../system/random.ts';
import { css, mix, vary } from './colors.ts';
import { at, lengthU, lengthV, piece, type Quad } from './quad.ts';
import type { Style } from './style.ts';
import { area, line } from './svg.ts';
import type { Street } from './town.ts';
import { drawVehicle, type VehicleKind } from './vehicles.ts';

export function drawStreet({ ground, isAlley }: Street, style: Style, random: Random): string {
  const { road, soil, paving } = style.land;
  if (isAlley) return area(ground, css(vary(mix(road, soil, random.next()), 8, random)), 0.8);
  // The strip of a street is short along u and long along v.
  const [width, length] = [lengthU(ground), lengthV(ground)];
  let drawn = area(ground, css(vary(mix(paving, road, 0.4), 5, random)));
  const kerb = random.uniform(0.08, 0.16);
  drawn += area(piece(ground, [kerb, 1 - kerb], [0, 1]), css(vary(road, 5, random)));
  if (width > 8 && random.next() < 0.5) {
    drawn += line([at(ground, 0.5, 0), at(ground, 0.5, 1)], {
      color: '#dcd9cf',
      width: 0.5,
      opacity: 0.55,
      dashes: '4 4',
    });
  }
  const vehicles = Math.round((length / 30) * random.uniform(0, 1.6));
  for (let i = 0; i < vehicles; i++) {
    const side = random.next() < 0.5 ? 0.27 : 0.73;
    const v = random.uniform(0.02, 0.98);
    drawn += drawVehicle(
      { centre: at(ground, side, v), along: [at(ground, side, 0), at(ground, side, 1)] },
      pickVehicle(random),
      style,
      random,
    );
  }
  return drawn;
}

function pickVehicle(random: Random): VehicleKind {
  return random.next() < 0.82 ? 'car' : 'truck';
}

/** Cars and trucks in rows: boxes with shadows that are no buildings. */
export function drawParking(ground: Quad, style: Style, random: Random): string {
  let drawn = area(ground, css(vary(style.land.road, 8, random)), 0.95);
  const kind: VehicleKind = random.next() < 0.4 ? 'truck' : 'car';
  const [pitch, depth] = (kind === 'truck' ? [5.2, 14] : [3.6, 8.5]).map((px) => px * style.scale) as [
    number,
    number,
  ];
  const [columns, rows] = [
    Math.floor(lengthU(ground) / pitch),
    Math.max(1, Math.floor(lengthV(ground) / depth)),
  ];
  const occupied = random.uniform(0.2, 0.75);
  for (let row = 0; row < rows; row++) {
    for (let column = 1; column < columns - 1; column++) {
      const [u, v] = [(column + 0.5) / columns, (row + 0.5) / rows];
      if (random.next() > occupied || lengthV(ground) < depth * 0.9) continue;
      drawn += drawVehicle(
        { centre: at(ground, u, v), along: [at(ground, u, 0), at(ground, u, 1)] },
        kind,
        style,
        random,
      );
    }
  }
  return drawn;
}
