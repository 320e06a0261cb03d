/** What every suite of the bench gives: figures of ours beside those of a peer, smaller being better. */

/** `npm run bench -- NAME`. A suite computes in processes of its own, so that listing the suites loads nothing. */
export interface Suite {
  name: string;
  /** One line for the list of suites. */
  about: string;
  run(options: SuiteOptions): Promise<Outcome>;
}

export interface Outcome {
  /** What the suite is for. */
  results: Result[];
  /** All that took part, where they are more than the two sides of a result. */
  contestants?: Contestant[];
  /** A figure over time, as rows of numbers. */
  curve?: Record<string, number>[];
  /** What a reader must know to judge the figures: who could not take part, and why. */
  notes?: string[];
}

/** One of several that do the same work. */
export interface Contestant {
  name: string;
  unit: string;
  /** One value a round. */
  values: number[];
  /** Figures that show what it did, and how it stands to others; null = does not apply. Keys in snake_case. */
  facts: Record<string, number | null>;
}

export interface SuiteOptions {
  /** A small set and few rounds, to see that the suite works: its figures mean little. */
  quick: boolean;
  /** Progress for people, on stderr. */
  report: (line: string) => void;
}

export interface Figure {
  median: number;
  min: number;
  max: number;
}

export interface Result {
  name: string;
  unit: string;
  ours: Figure;
  /** null where the peer has no such figure */
  peer: Figure | null;
  /** ours / peer of the medians: below 1, ours is better; null without a peer's figure, or where that is 0 */
  ratio: number | null;
  /** The name of the peer, where it is one of several. */
  against?: string;
  /** What the ratio, or without a peer our median, must not surpass; left out where nothing is demanded. */
  limit?: number;
}

/**
 * @param ours one value a round
 * @param peer null where the peer has no such figure
 * @throws RangeError when a side has no values
 */
export function compare(
  { name, unit }: { name: string; unit: string },
  ours: readonly number[],
  peer: readonly number[] | null,
): Result {
  const [oursFigure, peerFigure] = [summarize(ours), peer && summarize(peer)];
  const ratio = peerFigure && peerFigure.median !== 0 ? oursFigure.median / peerFigure.median : null;
  return { name, unit, ours: oursFigure, peer: peerFigure, ratio };
}

function summarize(values: readonly number[]): Figure {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * @param share 0-1: of the sorted values, how many lie below; 0.25 = the lower quartile
 * @returns that value, between two neighbours by their distance (Hyndman & Fan 1996, type 7)
 * @throws RangeError when there are no values
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('quantile: expected at least one value, got none');
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at % 1);
}

/**
 * @returns the middle value; of an even number of values, the mean of the two in the middle
 * @throws RangeError when there are no values
 */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
