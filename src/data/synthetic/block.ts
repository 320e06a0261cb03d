/** What stands between the streets: plots for houses, and patches of open ground. */

import type { Random } from '../../system/random.ts';
import { pickWeighted } from './colors.ts';
import { type BlockPlan, drawOpenCover, drawYardCover, type Plot } from './plot.ts';
import { cutAcrossU, inset, lengthU, lengthV, longSideAlongU, piece, type Quad, turned } from './quad.ts';
import type { BlockUse, Style } from './style.ts';

export function fillBlock(ground: Quad, style: Style, random: Random): BlockPlan {
  const use = pickWeighted(style.blockUses, random);
  const plan: BlockPlan = { plots: [], patches: [] };
  FILLERS[use](longSideAlongU(ground), { style, random, plan, character: drawCharacter(style, random) });
  return plan;
}

interface BlockTask {
  style: Style;
  random: Random;
  plan: BlockPlan;
  character: Pick<Plot, 'storeys' | 'covering' | 'kinship'>;
}

const FILLERS: Record<BlockUse, (ground: Quad, task: BlockTask) => void> = {
  terraces: fillWithTerraces,
  dense: fillDensely,
  detached: fillWithDetachedHouses,
  halls: fillWithHalls,
  open: leaveOpen,
};

function drawCharacter(style: Style, random: Random): BlockTask['character'] {
  return {
    storeys: random.uniform(1.5, 4),
    covering: pickWeighted(style.coverings, random),
    kinship: random.int(2 ** 31),
  };
}

/** One or two rows of houses, wall to wall along the streets; yards behind them. */
function fillWithTerraces(ground: Quad, task: BlockTask): void {
  const { random, style, plan } = task;
  const depth = random.uniform(13, 22) * style.scale;
  const across = lengthV(ground);
  const share = Math.min(1, depth / across);
  addRow(piece(ground, [0, 1], [0, share]), task);
  if (share <= 0.42) {
    const back = { ...task, character: drawCharacter(style, random) };
    addRow(turned(piece(ground, [0, 1], [1 - share, 1]), 2), back);
    addYards(piece(ground, [0, 1], [share, 1 - share]), task);
  } else if (share < 0.9) {
    plan.patches.push({ ground: piece(ground, [0, 1], [share, 1]), cover: drawYardCover(random) });
  }
}

/** @param row its side v = 0 lies on the street */
function addRow(row: Quad, { random, style, plan, character }: BlockTask): void {
  const [length, depth] = [lengthU(row), lengthV(row)];
  const setback = random.next() < 0.5 ? 0 : random.uniform(0, 0.12);
  let u = random.uniform(0, 0.05);
  while (u < 1) {
    const width = (random.uniform(9, 19) * style.scale) / length;
    const end = 1 - u - width < (8 * style.scale) / length ? 1 : u + width;
    const back = 1 - (random.next() < 0.45 ? 0 : random.uniform(0, Math.min(0.3, 6 / depth)));
    if (random.next() < 0.1) {
      plan.patches.push({ ground: piece(row, [u, end], [0, 1]), cover: drawYardCover(random) });
    } else {
      const storeys = Math.max(1, character.storeys + random.uniform(-0.6, 0.6));
      plan.plots.push({
        ...character,
        storeys,
        ground: piece(row, [u, end], [setback, back]),
        use: 'terrace',
      });
    }
    const passage = random.next() < 0.14 ? random.uniform(1, 4) / length : 0;
    u = end + passage;
  }
}

/** Back yards: a few sheds and the ground of the yards. */
function addYards(ground: Quad, { random, style, plan, character }: BlockTask): void {
  const count = Math.max(1, Math.round(lengthU(ground) / (22 * style.scale)));
  for (let i = 0; i < count; i++) {
    const yard = piece(ground, [i / count, (i + 1) / count], [0, 1]);
    plan.patches.push({ ground: yard, cover: drawYardCover(random) });
    const [wide, deep] = [lengthU(yard), lengthV(yard)];
    if (random.next() > 0.45 || deep < 8 || wide < 12) continue;
    const [u, v] = [random.uniform(0, 0.45), random.uniform(0, 0.35)];
    const depth = Math.min(1 - v, Math.max(7 / deep, random.uniform(0.35, 0.6)));
    const shed = piece(yard, [u, u + random.uniform(0.35, 0.55)], [v, v + depth]);
    plan.plots.push({
      ...character,
      ground: shed,
      use: 'shed',
      storeys: random.uniform(0.7, 1.2),
      covering: 'metal',
    });
  }
}

/** Houses that fill the ground in all directions, with a few yards left between them. */
function fillDensely(ground: Quad, task: BlockTask): void {
  const { random, style, plan, character } = task;
  const block = longSideAlongU(ground);
  const [long, short] = [lengthU(block), lengthV(block)];
  const target = random.uniform(270, 720) * style.scale ** 2;
  if (long * short < target || short < 13 || long < 17) {
    if (random.next() < 0.17) {
      plan.patches.push({ ground: block, cover: drawYardCover(random) });
      return;
    }
    const side = () => (random.next() < 0.72 ? 0 : random.uniform(0.3, 2.4));
    const covering = random.next() < 0.5 ? character.covering : pickWeighted(style.coverings, random);
    plan.plots.push({
      ground: inset(block, [side(), side(), side(), side()]),
      use: 'dense',
      storeys: Math.max(0.8, character.storeys + random.uniform(-1.6, 1.2)),
      covering,
      kinship: random.next() < 0.4 ? character.kinship : random.int(2 ** 31),
    });
    return;
  }
  const middle = random.uniform(0.36, 0.64);
  const slant = random.uniform(-0.04, 0.04);
  const gap = random.next() < 0.7 ? 0 : random.uniform(1, 4);
  const { first, second } = cutAcrossU(block, [middle - slant, middle + slant], gap);
  fillDensely(first, task);
  fillDensely(second, task);
}

function fillWithDetachedHouses(ground: Quad, { random, style, plan, character }: BlockTask): void {
  const cell = random.uniform(25, 34) * style.scale;
  const [columns, rows] = [
    Math.max(1, Math.round(lengthU(ground) / cell)),
    Math.max(1, Math.round(lengthV(ground) / cell)),
  ];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const parcel = piece(
        ground,
        [column / columns, (column + 1) / columns],
        [row / rows, (row + 1) / rows],
      );
      plan.patches.push({
        ground: inset(parcel, [0.5, 0.5, 0.5, 0.5]),
        cover: random.next() < 0.75 ? 'garden' : drawYardCover(random),
      });
      if (random.next() < 0.12) continue;
      const margin = () => Math.min(random.uniform(2, 7), 0.28 * Math.min(lengthU(parcel), lengthV(parcel)));
      // A house may lean on the border to the next parcel in its row; where that one does too, they are a pair.
      const isPaired = random.next() < 0.4;
      const sides: [number, number] = isPaired
        ? column % 2 === 0
          ? [margin(), 0]
          : [0, margin()]
        : [margin(), margin()];
      plan.plots.push({
        ground: inset(parcel, [...sides, margin(), margin()]),
        use: 'detached',
        storeys: random.uniform(1, 2.6),
        covering: random.next() < 0.6 ? character.covering : pickWeighted(style.coverings, random),
        kinship: random.next() < 0.5 ? character.kinship : random.int(2 ** 31),
      });
    }
  }
}

function fillWithHalls(ground: Quad, task: BlockTask): void {
  const { random, style, plan } = task;
  const block = longSideAlongU(ground);
  if (lengthU(block) > 42 * style.scale) {
    const middle = random.uniform(0.4, 0.6);
    const { first, second } = cutAcrossU(
      block,
      [middle, middle],
      random.next() < 0.4 ? 0.8 : random.uniform(3, 9),
    );
    fillWithHalls(first, task);
    fillWithHalls(second, task);
    return;
  }
  plan.patches.push({ ground: block, cover: random.next() < 0.6 ? 'parking' : 'paving' });
  if (random.next() < 0.2) return;
  const yardShare = random.uniform(0, 0.4);
  plan.plots.push({
    ground: inset(piece(block, [0, 1], [0, 1 - yardShare]), [1, 1, 1, 1]),
    use: 'hall',
    storeys: random.uniform(1.5, 3),
    covering: random.next() < 0.7 ? 'metal' : 'concrete',
    kinship: random.int(2 ** 31),
  });
}

function leaveOpen(ground: Quad, { random, plan }: BlockTask): void {
  const middle = random.uniform(0.3, 0.7);
  const { first, second } = cutAcrossU(longSideAlongU(ground), [middle, middle], random.uniform(1, 4));
  for (const part of [first, second]) plan.patches.push({ ground: part, cover: drawOpenCover(random) });
}
