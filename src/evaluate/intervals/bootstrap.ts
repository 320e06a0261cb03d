/**
 * Bootstrap over images: the images of a set are drawn anew, with replacement, as many as there are, and the figures of
 * each such set show how much they owe to the choice of images. Intervals are percentile intervals (Efron & Tibshirani
 * 1993, An Introduction to the Bootstrap, §13.3).
 */
import { createGiveWay } from '../../system/give-way.ts';
import { createRandom, type Random } from '../../system/random.ts';
import type { OnProgress } from '../progress.ts';
import { type FiguresOf, type HeadlineFigures, INTERVAL_KEYS, type IntervalKey } from './headline-figures.ts';

export interface Interval {
  low: number;
  high: number;
}

export interface BootstrapOptions {
  /** How many sets are drawn. */
  resamples: number;
  seed: number;
  onProgress?: OnProgress;
  /** Ends the drawing. */
  signal?: AbortSignal;
}

/** One image shows nothing of how images differ. */
const FEWEST_IMAGES = 2;

/** What is left out of each end: 95 % lie between. */
const TAIL = 0.025;

/**
 * A set without a building has no recall. Where more than this share of the sets are such, one or two images hold all
 * buildings, and what is left says little.
 */
const MOST_UNDEFINED = 0.1;

/**
 * @param images how many there are
 * @param figuresOf of each set drawn; any figures, such as differences of those of two runs on the same images
 * @returns 95 % intervals; null where there are fewer than two images, or where the figure is undefined in more than a
 *   tenth of the sets (they are left out elsewhere)
 * @throws the signal's reason when it is aborted
 */
export async function bootstrap(
  images: number,
  figuresOf: FiguresOf,
  { resamples, seed, onProgress, signal }: BootstrapOptions,
): Promise<Record<IntervalKey, Interval | null>> {
  const giveWay = createGiveWay(signal);
  const random = createRandom('bootstrap', seed);
  const repeats = new Uint32Array(images);
  const drawn: HeadlineFigures[] = [];
  for (let b = 0; b < resamples && images >= FEWEST_IMAGES; b++) {
    drawWithReplacement(random, repeats);
    drawn.push(figuresOf(repeats));
    onProgress?.('drawn', drawn.length);
    await giveWay();
  }
  const intervalOf = (key: IntervalKey) => percentileInterval(drawn.map((figures) => figures[key]));
  return Object.fromEntries(INTERVAL_KEYS.map((key) => [key, intervalOf(key)])) as Record<
    IntervalKey,
    Interval | null
  >;
}

/** Fills [I] with how often each image is drawn. */
function drawWithReplacement(random: Random, repeats: Uint32Array): void {
  repeats.fill(0);
  for (let i = 0; i < repeats.length; i++) repeats[random.int(repeats.length)]! += 1;
}

/** Between neighbours of the sorted values it is interpolated, from both ends alike: negated values give the negated interval. */
function percentileInterval(values: readonly (number | null)[]): Interval | null {
  const defined = Float64Array.from(values.filter((value) => value !== null)).sort();
  if (defined.length === 0 || defined.length < (1 - MOST_UNDEFINED) * values.length) return null;
  const last = defined.length - 1;
  const steps = TAIL * last;
  const [whole, part] = [Math.floor(steps), steps % 1];
  const between = (outer: number, inner: number) => outer + part * (inner - outer);
  return {
    low: between(defined[whole]!, defined[Math.min(whole + 1, last)]!),
    high: between(defined[last - whole]!, defined[Math.max(last - whole - 1, 0)]!),
  };
}
