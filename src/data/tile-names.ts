/**
 * Tiles that were cut of a larger picture and say in their names where: `town_773384_440490` (slippy map), `town_0_512`
 * (offsets in pixels), `town_r3_c12`. Nothing says which of the two numbers is x, and nothing here needs to know.
 */

/** A tile's place among the others of its scene, counted in tiles. */
export interface TilePlace {
  /** What two tiles have in common if their places can be compared. */
  scene: string;
  first: number;
  second: number;
  /** Places up to this far away on both axes share a border or pixels with it; more than 1 where tiles overlap. */
  reach: number;
}

/** File name without its extension, and the longer side of the image where it is known. */
export interface TileName {
  stem: string;
  side: number | null;
}

/** Longer numbers are dates and serial numbers: a slippy map of zoom 23 and offsets in metres have seven digits. */
const NUMBERS =
  /^(?<scene>.*?)(?:(?<=^|[^0-9a-z])(?:x|y|col|row|c|r)?(?<first>\d{1,7}))[^0-9a-z]+(?:x|y|col|row|c|r)?(?<second>\d{1,7})$/i;
/** Below it, two scenes may well count from the same corner; slippy maps of places where people live count from here on. */
const LEAST_OF_WORLD = 1000;
/** Tiles that overlap by more than three quarters are unusual: then the numbers are no pixels. */
const MOST_OVERLAP = 4;

interface Numbers {
  scene: string;
  first: number;
  second: number;
  side: number | null;
}

/**
 * The places of the tiles, in the order given; null where a name does not end in two numbers.
 * Offsets are counted in steps: the smallest difference on an axis within a scene. Tiles of a slippy map belong together
 * whatever their names begin with: equal numbers are equal places.
 */
export function tilePlaces(names: readonly TileName[]): (TilePlace | null)[] {
  const read = names.map(readNumbers);
  const tiles = read.filter((numbers) => numbers !== null);
  const steps = stepsOf(tiles);
  const ofWorld =
    steps.first === 1 &&
    steps.second === 1 &&
    tiles.every(({ first, second }) => Math.min(first, second) >= LEAST_OF_WORLD);
  return read.map(
    (numbers) =>
      numbers && {
        scene: ofWorld ? '' : numbers.scene,
        first: Math.floor(numbers.first / steps.first),
        second: Math.floor(numbers.second / steps.second),
        reach: reachOf(numbers.side, Math.min(steps.first, steps.second)),
      },
  );
}

/**
 * @param sideOf what a tile was put to
 * @returns how many tiles have one within reach that was put elsewhere
 */
export function countNearOthers<Tile>(
  places: ReadonlyMap<Tile, TilePlace>,
  sideOf: (tile: Tile) => string,
): number {
  const sidesAt = new Map<string, Set<string>>();
  for (const [tile, place] of places) {
    const key = keyOf(place, 0, 0);
    sidesAt.set(key, (sidesAt.get(key) ?? new Set()).add(sideOf(tile)));
  }
  const isNearOther = ([tile, place]: [Tile, TilePlace]) => {
    const own = sideOf(tile);
    for (let i = -place.reach; i <= place.reach; i++) {
      for (let j = -place.reach; j <= place.reach; j++) {
        for (const side of sidesAt.get(keyOf(place, i, j)) ?? []) if (side !== own) return true;
      }
    }
    return false;
  };
  return [...places].filter(isNearOther).length;
}

function keyOf({ scene, first, second }: TilePlace, down: number, right: number): string {
  return `${scene}#${first + down},${second + right}`;
}

function readNumbers({ stem, side }: TileName): Numbers | null {
  const groups = NUMBERS.exec(stem)?.groups;
  return groups
    ? { scene: groups.scene!, first: Number(groups.first), second: Number(groups.second), side }
    : null;
}

function stepsOf(tiles: readonly Numbers[]): { first: number; second: number } {
  const first = stepOf(tiles, 'first');
  const second = stepOf(tiles, 'second');
  // A single row of tiles tells nothing about the other axis.
  return { first: first ?? second ?? 1, second: second ?? first ?? 1 };
}

function stepOf(tiles: readonly Numbers[], axis: 'first' | 'second'): number | null {
  const byScene = new Map<string, Set<number>>();
  for (const tile of tiles) byScene.set(tile.scene, (byScene.get(tile.scene) ?? new Set()).add(tile[axis]));
  let step = Number.POSITIVE_INFINITY;
  for (const values of byScene.values()) {
    const sorted = [...values].sort((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) step = Math.min(step, sorted[i]! - sorted[i - 1]!);
  }
  return Number.isFinite(step) ? step : null;
}

function reachOf(side: number | null, step: number): number {
  if (side === null || step <= 1) return 1;
  const ratio = side / step;
  return ratio > 1 && ratio <= MOST_OVERLAP ? Math.ceil(ratio) : 1;
}
