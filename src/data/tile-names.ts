/**
 * Tiles that were cut of a larger picture and say in their names where: `town_773384_440490` (slippy map), `town_0_512`
 * (offsets in pixels), `town_r3_c12`, `town_0_410_512_922` (two corners, as SAHI names its slices). Nothing says which
 * number is x and which y, and nothing here needs to know.
 */
import { mostFrequent, stepOf } from './tile-steps.ts';

/** Two numbers, one for each axis, in the order of the name. */
export type Pair = readonly [number, number];

/** A tile's rectangle among the others of its scene, in the numbers that names count in. */
export interface TilePlace {
  /** What two tiles have in common if their places can be compared. */
  scene: string;
  /** The corner with the smaller numbers. */
  start: Pair;
  /** How far it reaches from there, > 0. */
  length: Pair;
  /** From one tile to the next, > 0, the same for all tiles: what blocks are counted in. */
  unit: Pair;
}

/** File name without its extension, and the image's pixels where they are known. */
export interface TileName {
  stem: string;
  size: { width: number; height: number } | null;
}

/** Longer numbers are dates and serial numbers: a slippy map of zoom 23 and offsets in metres have seven digits. */
const TWO_NUMBERS =
  /^(?<scene>.*?)(?<=^|[^0-9a-z])(?<first>(?:x|y|col|row|c|r)?\d{1,7})[^0-9a-z]+(?<second>(?:x|y|col|row|c|r)?\d{1,7})$/i;
const FOUR_NUMBERS =
  /^(?<scene>.*?)(?<=^|[^0-9a-z])(?<a>\d{1,7})[^0-9a-z]+(?<b>\d{1,7})[^0-9a-z]+(?<c>\d{1,7})[^0-9a-z]+(?<d>\d{1,7})$/i;
const ROW_OR_COLUMN = /^[rc]/i;
/** Below it, two scenes may well count from the same corner; slippy maps of places where people live count from here on. */
const LEAST_OF_WORLD = 1000;
/** Tiles that overlap by more than three quarters are unusual: then the numbers are no pixels. */
const MOST_OVERLAP = 4;
/** Tiles that have another one number away; of crops at random not one in a hundred, of a map with gaps many. */
const LEAST_BESIDE = 1 / 8;

interface Corner {
  scene: string;
  start: Pair;
  /** The longer side of the image. */
  side: number | null;
  /** The name itself says that rows and columns are counted. */
  numbered: boolean;
}

interface Box {
  scene: string;
  start: Pair;
  length: Pair;
}

/**
 * The places of the tiles, in the order given; null where a name tells none. They are those of two corners where more
 * than half of the names have four numbers whose differences are the images' sizes or agree with each other, else those
 * of the last two numbers. Where these are neither counted tiles nor offsets on a grid, they are taken for pixels, and
 * without a size of the images there are no places at all. Tiles of a slippy map belong together whatever their names
 * begin with: equal numbers are equal places.
 */
export function tilePlaces(names: readonly TileName[]): (TilePlace | null)[] {
  return placesOfBoxes(names) ?? placesOfCorners(names);
}

/**
 * @param sideOf what a tile was put to
 * @returns how many tiles share a border, a corner or pixels with one that was put elsewhere
 */
export function countNearOthers<Tile>(
  places: ReadonlyMap<Tile, TilePlace>,
  sideOf: (tile: Tile) => string,
): number {
  const tiles = [...places].map(([tile, place]) => ({ place, side: sideOf(tile) }));
  // In cells as large as the largest tile, only the nine around a tile can hold what touches it.
  const cell = [0, 1].map((axis) =>
    tiles.reduce((most, { place }) => Math.max(most, place.length[axis]!), 1),
  );
  const cellOf = ({ start }: TilePlace) => [0, 1].map((axis) => Math.floor(start[axis]! / cell[axis]!));
  const keyOf = (scene: string, first: number, second: number) => `${scene}#${first},${second}`;
  const byCell = Map.groupBy(tiles, ({ place }) => {
    const [first, second] = cellOf(place);
    return keyOf(place.scene, first!, second!);
  });
  const isNearOther = ({ place, side }: (typeof tiles)[number]) => {
    const [first, second] = cellOf(place);
    return AROUND.some(([i, j]) =>
      byCell
        .get(keyOf(place.scene, first! + i, second! + j))
        ?.some((other) => other.side !== side && isTouching(place, other.place)),
    );
  };
  return tiles.filter(isNearOther).length;
}

/** A place itself first. */
const AROUND: readonly Pair[] = [0, -1, 1].flatMap((i) => [0, -1, 1].map((j): Pair => [i, j]));

function isTouching(one: TilePlace, other: TilePlace): boolean {
  return [0, 1].every(
    (axis) =>
      one.start[axis]! <= other.start[axis]! + other.length[axis]! &&
      other.start[axis]! <= one.start[axis]! + one.length[axis]!,
  );
}

/** @returns null where the names do not say two corners */
function placesOfBoxes(names: readonly TileName[]): (TilePlace | null)[] | null {
  const read = names.map(({ stem }) => readBox(stem));
  const boxes = read.filter((box) => box !== null);
  if (2 * boxes.length <= names.length || !areLengths(read, names)) return null;
  const unit = pair((axis) => {
    const length = mostFrequent(boxes.map((box) => box.length[axis]))!.value;
    const step = stepOf(boxes, axis);
    return step !== null && step * MOST_OVERLAP >= length ? step : length;
  });
  // The far corner may be the last pixel of a tile, and not the first one beyond.
  const length = (box: Box) =>
    pair((axis) => (box.length[axis] + 1 === unit[axis] ? unit[axis] : box.length[axis]));
  return read.map((box) => box && { scene: box.scene, start: box.start, length: length(box), unit });
}

function readBox(stem: string): Box | null {
  const groups = FOUR_NUMBERS.exec(stem)?.groups;
  if (!groups) return null;
  const start: Pair = [Number(groups.a), Number(groups.b)];
  const length: Pair = [Number(groups.c) - start[0], Number(groups.d) - start[1]];
  return length[0] > 0 && length[1] > 0 ? { scene: groups.scene!, start, length } : null;
}

/** Whether for at least half of the boxes the differences are those of an image, or those of the other boxes. */
function areLengths(read: readonly (Box | null)[], names: readonly TileName[]): boolean {
  const boxes = read.filter((box) => box !== null);
  const isSize = (box: Box | null, { size }: TileName) => {
    if (!box || !size) return false;
    const isNear = (a: number, b: number) =>
      Math.abs(box.length[0] - a) <= 1 && Math.abs(box.length[1] - b) <= 1;
    return isNear(size.width, size.height) || isNear(size.height, size.width);
  };
  if (2 * read.filter((box, i) => isSize(box, names[i]!)).length >= boxes.length) return true;
  return (
    boxes.length > 1 &&
    AXES.every((axis) => 2 * mostFrequent(boxes.map(({ length }) => length[axis]))!.count >= boxes.length)
  );
}

function placesOfCorners(names: readonly TileName[]): (TilePlace | null)[] {
  const read = names.map(readCorner);
  const corners = read.filter((corner) => corner !== null);
  const unit = unitOf(corners);
  if (unit === null) return names.map(() => null);
  const ofWorld = unit[0] === 1 && unit[1] === 1 && leastOf(corners) >= LEAST_OF_WORLD;
  return read.map(
    (corner) =>
      corner && {
        scene: ofWorld ? '' : corner.scene,
        start: corner.start,
        length: pair((axis) => lengthOf(corner.side, unit[axis])),
        unit,
      },
  );
}

function readCorner({ stem, size }: TileName): Corner | null {
  const groups = TWO_NUMBERS.exec(stem)?.groups;
  if (!groups) return null;
  const texts = [groups.first!, groups.second!];
  return {
    scene: groups.scene!,
    start: pair((axis) => Number(texts[axis]!.replace(/^\D+/, ''))),
    side: size && Math.max(size.width, size.height),
    numbered: texts.every((text) => ROW_OR_COLUMN.test(text)),
  };
}

/** @returns null where the numbers are pixels of tiles whose size nothing tells */
function unitOf(corners: readonly Corner[]): Pair | null {
  const steps = pair((axis) => stepOf(corners, axis));
  // A single row of tiles tells nothing about the other axis.
  const filled = pair((axis) => steps[axis] ?? steps[1 - axis] ?? 1);
  const largest = Math.max(...filled);
  if (Math.min(...filled) > 1) return filled;
  const side = mostFrequent(corners.flatMap((corner) => corner.side ?? []))?.value ?? null;
  if (areCounted(corners, side)) return filled;
  const instead = side ?? (largest > 1 ? largest : null);
  return instead === null ? null : pair((axis) => (filled[axis] > 1 ? filled[axis] : instead));
}

/** Whether numbers that differ by 1, or follow no grid, count tiles; otherwise they are pixels. */
function areCounted(corners: readonly Corner[], side: number | null): boolean {
  if (corners.every(({ numbered }) => numbered)) return true;
  const scenes = [...Map.groupBy(corners, ({ scene }) => scene).values()];
  const spread = scenes.reduce((most, scene) => Math.max(most, spreadOf(scene, 0), spreadOf(scene, 1)), 0);
  // Pixels would mean that all tiles of a scene show almost the same.
  if (side !== null && spread * MOST_OVERLAP < side) return true;
  // A slippy map with gaps is far from the corner of the world; crops lie all over their picture.
  if (leastOf(corners) >= Math.max(LEAST_OF_WORLD, spread)) return true;
  const beside = scenes.map((scene) => countBeside(scene)).reduce((sum, count) => sum + count, 0);
  return beside >= LEAST_BESIDE * corners.length || spread === 0;
}

function countBeside(scene: readonly Corner[]): number {
  const taken = new Set(scene.map(({ start }) => start.join()));
  return scene.filter(({ start }) =>
    AROUND.slice(1).some(([i, j]) => taken.has([start[0] + i, start[1] + j].join())),
  ).length;
}

function spreadOf(corners: readonly Corner[], axis: 0 | 1): number {
  const [least, most] = corners.reduce(
    ([low, high], { start }) => [Math.min(low, start[axis]), Math.max(high, start[axis])],
    [Number.POSITIVE_INFINITY, 0],
  );
  return most! - least!;
}

function leastOf(corners: readonly Corner[]): number {
  return corners.reduce((least, { start }) => Math.min(least, ...start), Number.POSITIVE_INFINITY);
}

/** Tiles are never smaller than their step, so that those of a shrunken or metric map still have neighbours. */
function lengthOf(side: number | null, unit: number): number {
  if (side === null || unit === 1 || side > unit * MOST_OVERLAP) return unit;
  return Math.max(side, unit);
}

const AXES = [0, 1] as const;

function pair<T>(of: (axis: 0 | 1) => T): readonly [T, T] {
  return [of(0), of(1)];
}
