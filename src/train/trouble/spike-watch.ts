/** Notices losses that jump up. */
export interface SpikeWatch {
  /**
   * Call it once for each update. Losses that are not finite are passed over.
   * @returns where this loss begins a spike, the median that it stands out from; null else, also while a spike lasts
   */
  check(loss: number): { median: number } | null;
  /** The losses that the next is compared with, oldest first: given to a new watch, it goes on as this one would. */
  readonly recent: readonly number[];
}

/** Losses that the median is taken of. */
const WINDOW = 100;
/** Fewer say little of what is usual. */
const FEWEST = 20;

/**
 * A spike is a loss above `factor` times the median of the last 100, of which there must be 20. The median is not moved by
 * the spike itself, and follows where the loss stays high.
 * @param factor > 1; null = none is ever reported
 */
export function createSpikeWatch(factor: number | null, recent: readonly number[] = []): SpikeWatch {
  const losses = recent.slice(-WINDOW);
  return {
    check: (loss) => {
      if (!Number.isFinite(loss)) return null;
      const before = losses.at(-1);
      const median = losses.length >= FEWEST ? medianOf(losses) : Number.POSITIVE_INFINITY;
      losses.push(loss);
      if (losses.length > WINDOW) losses.shift();
      if (factor === null) return null;
      const begins = loss > factor * median && before! <= factor * median;
      return begins ? { median } : null;
    },
    get recent() {
      return [...losses];
    },
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
