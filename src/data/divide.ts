import { createRandom } from '../system/random.ts';

/** Something of a size that goes to one side as a whole. */
export interface Portion {
  /** Unique. */
  key: string;
  /** > 0 */
  size: number;
}

/** Where portions may go. */
export interface Side<Name extends string> {
  name: Name;
  /** Above 0; all of them together 1. */
  share: number;
  /** Must not stay empty where there are as many portions as needed sides. */
  needed: boolean;
}

/**
 * Divides portions so that the sides get their shares of the whole as well as whole portions allow. Large portions are
 * placed first, while there is room to choose; equally large ones in an order that follows from the seed and their keys
 * alone, so that the order they are given in does not matter.
 *
 * Each goes to the side that is least full among those that it does not overfill; where it overfills all, to the one
 * that lacks most. The last ones go to needed sides that are still empty.
 * @returns key -> side
 */
export function divide<Name extends string>(
  portions: readonly Portion[],
  sides: readonly Side<Name>[],
  seed: number,
): Map<string, Name> {
  const total = portions.reduce((sum, { size }) => sum + size, 0);
  const states = sides.map((side) => ({ ...side, target: side.share * total, size: 0 }));
  const drawn = new Map(portions.map(({ key }) => [key, createRandom(seed, 'split', key).next()]));
  const order = [...portions].sort(
    (a, b) => b.size - a.size || drawn.get(a.key)! - drawn.get(b.key)! || (a.key < b.key ? -1 : 1),
  );
  const chosen = new Map<string, Name>();
  order.forEach(({ key, size }, i) => {
    const empty = states.filter((state) => state.needed && state.size === 0);
    const open = empty.length >= order.length - i && empty.length > 0 ? empty : states;
    const fitting = open.filter((state) => state.size + size <= state.target);
    const side =
      fitting.length > 0
        ? best(fitting, (state) => -state.size / state.target)
        : best(open, (state) => state.target - state.size);
    side.size += size;
    chosen.set(key, side.name);
  });
  return chosen;
}

/** The first of those with the highest score; at least one item. */
function best<T>(items: readonly T[], score: (item: T) => number): T {
  return items.reduce((top, item) => (score(item) > score(top) ? item : top));
}
