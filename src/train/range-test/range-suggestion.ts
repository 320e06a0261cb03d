/**
 * What the losses of a learning-rate range test say. Smith 2017, §3.3 — https://arxiv.org/abs/1506.01186.
 */

/** One update of the test. */
export interface RangePoint {
  /** 1 for the first. */
  step: number;
  learningRate: number;
  /** Mean over the batches of the update. */
  loss: number;
}

/** A point with the loss that its neighbours agree on. */
export interface SmoothedPoint extends RangePoint {
  smoothed: number;
}

/** Share of the updates that were asked for: deviation of the Gaussian that takes the noise of single batches away. */
const SMOOTHING = 0.05;

/**
 * The losses smoothed on both sides, so that what they do is not seen later than it happens.
 * @param steps updates from the lowest to the highest rate: the same width in rates, however early the test has stopped
 */
export function smoothLosses(points: readonly RangePoint[], steps: number): SmoothedPoint[] {
  const deviation = Math.max(1, SMOOTHING * steps);
  return points.map((point, i) => {
    const weights = points.map((_, j) => Math.exp(-0.5 * ((i - j) / deviation) ** 2));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const smoothed = points.reduce((sum, { loss }, j) => sum + loss * weights[j]!, 0) / total;
    return { ...point, smoothed };
  });
}

/** So many times the lowest smoothed loss so far: from here on the rate is too high, whatever the loss does later. */
const TOO_HIGH = 1.25;

/**
 * The points that say something: a network that too high a rate has broken may have a low loss again, for it finds nothing
 * any more.
 */
export function beforeBreakout(points: readonly SmoothedPoint[]): SmoothedPoint[] {
  let lowest = Infinity;
  const end = points.findIndex(({ smoothed }) => {
    lowest = Math.min(lowest, smoothed);
    return smoothed > TOO_HIGH * lowest;
  });
  return points.slice(0, end < 0 ? points.length : end);
}

/** Share of the points at either end that are smoothed from one side only, and not looked at. */
const EDGE = 0.05;

/**
 * The rate at which the smoothed loss falls most steeply, before its lowest point: fast, and far from where it breaks out.
 * fastai's suggestion `steep`.
 * @param points of evenly spaced logarithms of the rate, `beforeBreakout`
 * @returns null where the loss does not fall, or there are too few points
 */
export function steepestRate(points: readonly SmoothedPoint[]): number | null {
  const edge = Math.max(1, Math.round(EDGE * points.length));
  let [steepest, rate]: [number, number | null] = [0, null];
  for (let i = edge; i < Math.min(indexOfLowest(points), points.length - edge); i++) {
    const slope = points[i + 1]!.smoothed - points[i - 1]!.smoothed;
    if (slope < steepest) [steepest, rate] = [slope, points[i]!.learningRate];
  }
  return rate;
}

/** The rate at which the smoothed loss is lowest: more is too much. null without points */
export function lowestRate(points: readonly SmoothedPoint[]): number | null {
  return points[indexOfLowest(points)]?.learningRate ?? null;
}

function indexOfLowest(points: readonly SmoothedPoint[]): number {
  return points.reduce((lowest, { smoothed }, i) => (smoothed < points[lowest]!.smoothed ? i : lowest), 0);
}

/** So many times the lowest mean: the loss has broken out for good (fastai's bound). */
const BREAKOUT = 4;
/** Share of the mean that is kept with each further loss: a mean of about the last ten. */
const MEMORY = 0.9;

/** Tells when the loss has broken out: a mean of the last ones, so that one hard batch is no end. */
export function watchBreakout(): (loss: number) => boolean {
  let [sum, weight, best] = [0, 0, Infinity];
  return (loss) => {
    sum = MEMORY * sum + (1 - MEMORY) * loss;
    weight = MEMORY * weight + (1 - MEMORY);
    const mean = sum / weight;
    best = Math.min(best, mean);
    return mean > BREAKOUT * best;
  };
}
