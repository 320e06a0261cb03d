import { evaluateImages, type ImageSource } from '../evaluate-images.ts';
import { type BootstrapOptions, bootstrap, type Interval } from '../intervals/bootstrap.ts';
import {
  type HeadlineFigures,
  headlineFigures,
  INTERVAL_KEYS,
  type IntervalKey,
} from '../intervals/headline-figures.ts';
import type { OutcomeCounts } from '../outcome/count-outcome.ts';
import type { ErrorFigures } from '../tide/tide-figures.ts';
import { type ChangedImages, changedImages } from './changed-images.ts';

/** What a run found in the images. */
export interface RunImages {
  images: ImageSource;
  /** The run's own: each is compared as it would be used. */
  scoreThreshold: number;
}

export interface CompareOptions extends BootstrapOptions {
  /** The best of each image and category, in both runs. */
  maxDetections: number;
  /** How many there are. */
  categories: number;
  /** The most changed images that are named, for the better and for the worse. */
  changed: number;
}

/** A figure of two runs; null where it is undefined. */
export interface Difference {
  a: number | null;
  b: number | null;
  /** b - a; null where one is. */
  difference: number | null;
}

export interface SureDifference extends Difference {
  /** Of the difference, 95 %, by paired bootstrap; null as in `bootstrap`. */
  interval: Interval | null;
  /** It is hardly the choice of images alone that makes the difference; null without an interval. */
  excludes_zero: boolean | null;
}

export interface Comparison {
  images: number;
  buildings: number;
  figures: Record<IntervalKey, SureDifference>;
  /** TIDE's kinds: lower is better. */
  errors: Record<keyof ErrorFigures, Difference>;
  changed: ChangedImages;
}

/**
 * Compares two runs on the same images. The bootstrap is paired: each set drawn has the same images for both, so that
 * what makes images easy or hard for both falls out of the difference (Efron & Tibshirani 1993). As in
 * `bootstrapIntervals`, it covers the choice of images, not the chance in training.
 * @param a, b the same images with the same ground truth, as `pairImages` gives them
 * @param options `onProgress` hears of the images of both as of one set
 * @throws RangeError where the images are not the same, and as `evaluateImages`
 */
export async function compareRuns(a: RunImages, b: RunImages, options: CompareOptions): Promise<Comparison> {
  const before = await evaluateRun(a, options);
  const { onProgress } = options;
  const after = await evaluateRun(b, {
    ...options,
    ...(onProgress && {
      onProgress: (step, done) => onProgress(step, before.counts.length + done),
    }),
  });
  assertSameImages(before.counts, after.counts);
  const intervals = await bootstrap(
    before.counts.length,
    (repeats) => subtract(before.figuresOf(repeats), after.figuresOf(repeats)),
    options,
  );
  const [figuresA, figuresB] = [before.figuresOf(), after.figuresOf()];
  const figureOf = (key: IntervalKey): SureDifference => ({
    ...differenceOf(figuresA[key], figuresB[key]),
    interval: intervals[key],
    excludes_zero: intervals[key] && (intervals[key].low > 0 || intervals[key].high < 0),
  });
  return {
    images: before.counts.length,
    buildings: before.metrics.buildings,
    figures: mapKeys(INTERVAL_KEYS, figureOf),
    errors: mapKeys(Object.keys(before.metrics.errors) as (keyof ErrorFigures)[], (kind) =>
      differenceOf(before.metrics.errors[kind], after.metrics.errors[kind]),
    ),
    changed: changedImages(before, after, options.changed),
  };
}

async function evaluateRun({ images, scoreThreshold }: RunImages, options: CompareOptions) {
  const { maxDetections, categories, onProgress, signal } = options;
  const names = new Map<number, string>();
  const { metrics, measured, counts } = await evaluateImages(images, {
    maxDetections,
    categories,
    scoreThreshold,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    onOutcome: ({ id, name }) => names.set(id, name),
  });
  return { metrics, counts, names, figuresOf: headlineFigures({ measured, counts }) };
}

function assertSameImages(a: readonly OutcomeCounts[], b: readonly OutcomeCounts[]): void {
  if (a.length === b.length && a.every(({ id }, image) => id === b[image]!.id)) return;
  throw new RangeError('compareRuns: the runs have not the same images');
}

function subtract(a: HeadlineFigures, b: HeadlineFigures): HeadlineFigures {
  return mapKeys(INTERVAL_KEYS, (key) => differenceOf(a[key], b[key]).difference);
}

function differenceOf(a: number | null, b: number | null): Difference {
  return { a, b, difference: a === null || b === null ? null : b - a };
}

function mapKeys<Key extends string, Value>(keys: readonly Key[], of: (key: Key) => Value) {
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<Key, Value>;
}
