import type { Split } from '../../data/prepared.ts';

/** Bins that all splits share. */
export interface Histogram {
  /** Ascending; one more than there are bins. */
  edges: number[];
  /** Of the values of each split, in each bin, 0–1; none for a split without values. */
  shares: Record<Split, number[]>;
}

/** Few values in many bins would be a row of spikes. */
const MOST_BINS = 32;
const FEWEST_BINS = 8;

/**
 * @param options.logarithmic bins of equal ratio instead of equal width; values must be > 0 then
 * @param options.whole values are whole numbers: so are the bins' widths
 * @returns null where all values are equal: there is nothing to see
 */
export function createHistogram(
  values: Readonly<Record<Split, readonly number[]>>,
  options: { logarithmic: boolean; whole: boolean },
): Histogram | null {
  const scaled = (value: number) => (options.logarithmic ? Math.log10(value) : value);
  const all = [...values.train, ...values.valid, ...values.test].map(scaled).filter(Number.isFinite);
  const low = all.reduce((least, value) => Math.min(least, value), Infinity);
  const high = all.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!(high > low)) return null;
  const bins = binsFor([values.train.length, values.valid.length, values.test.length]);
  const width = options.whole ? Math.ceil((high - low + 1) / bins) : (high - low) / bins;
  const count = options.whole ? Math.floor((high - low) / width) + 1 : bins;
  const edges = Array.from({ length: count + 1 }, (_, i) => low + i * width);
  const sharesOf = (some: readonly number[]) => {
    const counts = new Array<number>(some.length === 0 ? 0 : count).fill(0);
    // The highest value belongs to the last bin; 0, which has no logarithm, to the first.
    const binOf = (value: number) => Math.floor((scaled(value) - low) / width);
    for (const value of some) counts[Math.max(0, Math.min(count - 1, binOf(value)))]!++;
    return counts.map((inBin) => inBin / some.length);
  };
  return {
    edges: options.logarithmic ? edges.map((edge) => 10 ** edge) : edges,
    shares: { train: sharesOf(values.train), valid: sharesOf(values.valid), test: sharesOf(values.test) },
  };
}

function binsFor(counts: readonly number[]): number {
  const fewest = Math.min(...counts.filter((count) => count > 0));
  return Math.max(FEWEST_BINS, Math.min(MOST_BINS, Math.round(2 * Math.sqrt(fewest))));
}
