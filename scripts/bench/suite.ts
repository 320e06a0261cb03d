/** What every suite of the bench gives: figures of ours beside those of a peer, smaller being better. */

/** `npm run bench -- NAME`. A suite computes in processes of its own, so that listing the suites loads nothing. */
export interface Suite {
  name: string;
  /** One line for the list of suites. */
  about: string;
  run(options: SuiteOptions): Promise<Result[]>;
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
 * @returns the middle value; of an even number of values, the mean of the two in the middle
 * @throws RangeError when there are no values
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median: expected at least one value, got none');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
