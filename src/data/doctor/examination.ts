import type { Finding } from '../findings.ts';
import type { Split } from '../prepared.ts';
import type { SourceImage } from './source-image.ts';

/** What the doctor found, and what is left when all is mended or left out. */
export interface Examination {
  /** Sound ones, in the order of the samples. */
  images: SourceImage[];
  /** In the order of the samples and their annotations; then those about splits. */
  findings: Finding[];
  /** The worst of each kind that can be shown, worst first within a kind. */
  cases: FaultCase[];
  /** How train and the other splits compare; empty before `examineSplits`. */
  comparisons: Comparison[];
}

/** A fault to look at. */
export interface FaultCase {
  finding: Finding;
  /** The larger the worse; comparable within one kind only. */
  severity: number;
  picture: Picture;
  /** The other one of a pair of duplicates. */
  other: Picture | null;
  /** Rings as they were read, in pixels of the picture; may lie outside. */
  before: number[][];
  /** Rings as they are kept; none where it was left out. */
  after: number[][];
}

/** An image that decodes, as it is stored. The file is there until the work folder goes. */
export interface Picture {
  file: string;
  name: string;
  split: Split | null;
  width: number;
  height: number;
}

/** One trait of the images, split by split. */
export interface Comparison {
  trait: 'buildings' | 'area' | 'brightness' | 'pixels';
  /** For axes and tables: "buildings per image". */
  title: string;
  /** One number for each image of the split that has the trait. */
  values: Record<Split, number[]>;
  /** Two-sample Kolmogorov-Smirnov tests against train; none for a split without values. */
  tests: ShiftTest[];
}

export interface ShiftTest {
  split: 'valid' | 'test';
  /** Largest distance of the two empirical distributions, 0-1. */
  statistic: number;
  pValue: number;
  /** Large and no chance: it is a finding of kind split_shift. */
  differs: boolean;
}
