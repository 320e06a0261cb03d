import type { Finding } from '../findings.ts';
import type { Split } from '../prepared.ts';
import type { Comparison, ShiftTest } from './examination.ts';
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts';
import type { SourceImage } from './source-image.ts';

/**
 * A shift is both large and no chance: with thousands of images, any difference is certain (p), and with a dozen, any
 * is large (D). A fifth of the images must be on the other side of some value.
 */
const LARGE = 0.2;
/** Eight tests are made: by chance alone, one in 125 sound data sets shows a shift. */
const NO_CHANCE = 0.001;

interface Trait {
  trait: Comparison['trait'];
  title: string;
  /** null where the image has none. */
  measure: (image: SourceImage) => number | null;
}

const TRAITS: readonly Trait[] = [
  { trait: 'buildings', title: 'buildings per image', measure: ({ buildings }) => buildings.length },
  // Buildings of one image are alike, so that they are no draws of their own, which the test counts.
  { trait: 'area', title: "median area of an image's buildings, square pixels", measure: medianArea },
  { trait: 'brightness', title: 'mean brightness, 0-1', measure: ({ facts }) => facts.brightness },
  { trait: 'pixels', title: 'pixels per image', measure: ({ width, height }) => width * height },
];

/** Each trait of valid and of test against train's, by two-sample Kolmogorov-Smirnov tests. */
export function compareSplits(images: readonly SourceImage[]): Comparison[] {
  return TRAITS.map(({ trait, title, measure }) => {
    const valuesOf = (split: Split) =>
      images.flatMap((image) => (image.split === split ? (measure(image) ?? []) : []));
    const values = { train: valuesOf('train'), valid: valuesOf('valid'), test: valuesOf('test') };
    const tests = (['valid', 'test'] as const).flatMap((split): ShiftTest[] => {
      if (values.train.length === 0 || values[split].length === 0) return [];
      const { statistic, pValue } = kolmogorovSmirnov(values.train, values[split]);
      return [{ split, statistic, pValue, differs: statistic >= LARGE && pValue < NO_CHANCE }];
    });
    return { trait, title, values, tests };
  });
}

export function shiftFindings(comparisons: readonly Comparison[]): Finding[] {
  return comparisons.flatMap(({ title, values, tests }) =>
    tests
      .filter(({ differs }) => differs)
      .map(({ split, statistic, pValue }) => ({
        kind: 'split_shift' as const,
        split,
        origin: 'every source',
        image: null,
        entry: null,
        detail: `${title}: median ${shorten(median(values[split]))}, in train ${shorten(median(values.train))} (Kolmogorov-Smirnov D ${statistic.toFixed(2)}, p ${pValue.toExponential(0)})`,
        treatment: 'none' as const,
      })),
  );
}

function medianArea({ buildings }: SourceImage): number | null {
  return buildings.length === 0 ? null : median(buildings.map(({ area }) => area));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

function shorten(value: number): number {
  return Number(value.toPrecision(3));
}
