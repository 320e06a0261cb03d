/** A tile of a scene; `start`: its place on both axes. */
interface Placed {
  scene: string;
  start: readonly [number, number];
}

/**
 * The distance from one tile to the next on an axis: the most frequent difference of neighbouring values within a scene.
 * The last tiles of a picture are often moved to fit into it, and some may be missing, so it need not be all differences,
 * but half of them must be it, or three quarters multiples of it.
 * @returns > 0; null where no such distance is found, as for crops at random, or where there is one value only
 */
export function stepOf(tiles: readonly Placed[], axis: 0 | 1): number | null {
  const gaps = [...Map.groupBy(tiles, ({ scene }) => scene).values()].flatMap((scene) =>
    gapsOf(scene.map(({ start }) => start[axis])),
  );
  const step = mostFrequent(gaps);
  if (step === null) return null;
  const multiples = gaps.filter((gap) => gap % step.value === 0).length;
  return 2 * step.count >= gaps.length || 4 * multiples >= 3 * gaps.length ? step.value : null;
}

/** @returns the largest of the most frequent values and how often it occurs; null where there are none */
export function mostFrequent(values: readonly number[]): { value: number; count: number } | null {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort(([a, n], [b, m]) => m - n || b - a);
  return first ? { value: first[0], count: first[1] } : null;
}

function gapsOf(values: readonly number[]): number[] {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  return sorted.slice(1).map((value, i) => value - sorted[i]!);
}
