/** Streets and the blocks between them: a large square is cut in two by a street, again and again. */

import type { Random } from '../../system/random.ts';
import { fillBlock } from './block.ts';
import type { BlockPlan } from './plot.ts';
import { cutAcrossU, isInView, lengthU, lengthV, longSideAlongU, type Point, type Quad } from './quad.ts';
import type { Style } from './style.ts';

export interface Town extends BlockPlan {
  streets: Street[];
}

export interface Street {
  ground: Quad;
  isAlley: boolean;
}

/** Around the picture lies more town, pixels: its houses are cut by the border and throw their shadows in. */
const MARGIN = 40;
const MAIN_STREET_LEVELS = 2;

export function layTown(style: Style, random: Random): Town {
  const town: Town = { streets: [], plots: [], patches: [] };
  divide(startingSquare(style, random), 0, town, { style, random });
  return town;
}

function startingSquare({ size, angle }: Style, random: Random): Quad {
  // A turned square covers the view from whatever angle when its half diagonal is the view's; the shift moves the first street.
  const half = (size / 2 + MARGIN) * Math.SQRT2 * 1.25;
  const [cx, cy] = [size / 2 + random.uniform(-0.2, 0.2) * half, size / 2 + random.uniform(-0.2, 0.2) * half];
  const corner = (x: number, y: number): Point => [
    cx + half * (x * Math.cos(angle) - y * Math.sin(angle)),
    cy + half * (x * Math.sin(angle) + y * Math.cos(angle)),
  ];
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
}

function divide(ground: Quad, level: number, town: Town, look: { style: Style; random: Random }): void {
  const { style, random } = look;
  if (!isInView(ground, style.size, MARGIN)) return;
  const block = longSideAlongU(ground);
  const [long, short] = [lengthU(block), lengthV(block)];
  if (long < random.uniform(54, 92) * style.scale || short < 26) {
    const plan = fillBlock(block, style, random);
    town.plots.push(...plan.plots);
    town.patches.push(...plan.patches);
    return;
  }
  // Beyond the first cuts the town is a sequence of equal quarters: streets stay narrow, however large the scene is.
  const isMain = level < MAIN_STREET_LEVELS;
  const isAlley = !isMain && random.next() < 0.35;
  const width =
    (isMain ? random.uniform(7.5, 11.5) : isAlley ? random.uniform(2.5, 4.5) : random.uniform(4.5, 7.5)) *
    style.scale;
  const middle = random.uniform(0.38, 0.62);
  const slant = random.uniform(-0.07, 0.07) * Math.min(1, (1.5 * short) / long);
  const { first, strip, second } = cutAcrossU(block, [middle - slant, middle + slant], width);
  town.streets.push({ ground: strip, isAlley });
  divide(first, level + 1, town, look);
  divide(second, level + 1, town, look);
}
