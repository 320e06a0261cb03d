/** How far one figure differs from run to run. Null where it is undefined. */
export interface Spread {
  /** Runs in which the figure is defined. */
  count: number;
  mean: number | null;
  /** Standard deviation of the population that the runs are drawn from, so divided by count - 1; null below two runs. */
  deviation: number | null;
  min: number | null;
  max: number | null;
}

/** @param values [R] the figure of each run; null where it is undefined there */
export function spreadOf(values: readonly (number | null)[]): Spread {
  const defined = values.filter((value) => value !== null);
  const count = defined.length;
  if (count === 0) return { count, mean: null, deviation: null, min: null, max: null };
  const mean = defined.reduce((sum, value) => sum + value, 0) / count;
  const squares = defined.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count,
    mean,
    deviation: count < 2 ? null : Math.sqrt(squares / (count - 1)),
    min: Math.min(...defined),
    max: Math.max(...defined),
  };
}

/** 2.5 % and 97.5 % points of chi-square for 1, 2, ... degrees of freedom, as tables of statistics have them. */
const CHI_SQUARE: readonly (readonly [low: number, high: number])[] = [
  [0.000982, 5.0239],
  [0.050636, 7.3778],
  [0.2158, 9.3484],
  [0.48442, 11.143],
  [0.83121, 12.833],
  [1.2373, 14.449],
  [1.6899, 16.013],
  [2.1797, 17.535],
  [2.7004, 19.023],
];

/**
 * How little a standard deviation of few runs says: between which multiples of it the true one lies with a confidence of
 * 95 %, for figures that are distributed normally: s · √((n - 1) / χ²).
 * @param runs from 2
 * @returns null above ten runs, of which the standard deviation is known to about half
 */
export function deviationFactors(runs: number): { low: number; high: number } | null {
  const points = CHI_SQUARE[runs - 2];
  if (!points) return null;
  const [low, high] = points;
  return { low: Math.sqrt((runs - 1) / high), high: Math.sqrt((runs - 1) / low) };
}
