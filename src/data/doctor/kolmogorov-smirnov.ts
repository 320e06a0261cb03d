/**
 * The two-sample Kolmogorov-Smirnov test: do two samples come from the same distribution?
 *
 * m, n numbers. The p-value is exact for samples without ties (Hodges 1957, "The significance probability of the
 * Smirnov two-sample test"): of all orders in which the two samples can be mixed, the share whose largest distance is
 * at least the one found. With ties it errs to the careful side. For very large samples it is Kolmogorov's limit.
 * The reference is SciPy's `ks_2samp(method='exact')`.
 */

/** What is counted in less than half a second. */
const MOST_STEPS = 1e8;

export interface KolmogorovSmirnov {
  /** Largest distance between the two empirical distribution functions, 0-1. */
  statistic: number;
  /** 0-1; two-sided. */
  pValue: number;
}

/** @throws RangeError where a sample is empty */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): KolmogorovSmirnov {
  const [m, n] = [a.length, b.length];
  if (m === 0 || n === 0) throw new RangeError(`kolmogorovSmirnov: expected two samples, got ${m} and ${n}`);
  const largest = largestDistance(Float64Array.from(a).sort(), Float64Array.from(b).sort());
  const statistic = largest / (m * n);
  const isCountable = m * n <= MOST_STEPS;
  return { statistic, pValue: isCountable ? shareOfOrders(m, n, largest) : limitOf(m, n, statistic) };
}

/** @returns m n times the largest distance: a whole number, so that nothing is lost to rounding */
function largestDistance(a: Float64Array, b: Float64Array): number {
  const [m, n] = [a.length, b.length];
  let [i, j, largest] = [0, 0, 0];
  while (i < m && j < n) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < m && a[i] === value) i++;
    while (j < n && b[j] === value) j++;
    largest = Math.max(largest, Math.abs(i * n - j * m));
  }
  return largest;
}

/**
 * An order is a path from (0, 0) to (m, n), one step for each number. Of the paths to (i, j), `inside[j]` is the share
 * that has kept closer than `largest` to the diagonal.
 */
function shareOfOrders(m: number, n: number, largest: number): number {
  const inside = new Float64Array(n + 1);
  for (let i = 0; i <= m; i++) {
    for (let j = 0; j <= n; j++) {
      if (Math.abs(i * n - j * m) >= largest && largest > 0) inside[j] = 0;
      else if (i + j === 0) inside[j] = 1;
      else inside[j] = (i * inside[j]! + (j > 0 ? j * inside[j - 1]! : 0)) / (i + j);
    }
  }
  return largest === 0 ? 1 : Math.min(1, Math.max(0, 1 - inside[n]!));
}

/** Kolmogorov 1933: 2 sum (-1)^(k-1) exp(-2 k^2 z^2), z = D sqrt(m n / (m + n)). */
function limitOf(m: number, n: number, statistic: number): number {
  const z = statistic * Math.sqrt((m * n) / (m + n));
  // Below, the sum is 1 to the last digit but converges too slowly to show it.
  if (z < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * z) ** 2);
  return Math.min(1, Math.max(0, sum));
}
