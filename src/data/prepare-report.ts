import { type PreparedDataset, type PreparedImage, SPLITS, type Split } from './prepared.ts';
import { shareOfTouching } from './synthetic/scene.ts';

/** Pixels between two buildings, up to which telling them apart is hard. */
const TOUCHING_PX = 2;

/** What data-prep made of the data; printed as a table, or as JSON. */
export interface PrepareReport {
  folder: string;
  source: string;
  /** The manifest's hash. */
  hash: string;
  splits: Record<Split, SplitReport>;
  /** Files that occur, byte for byte, in more than one split: then results on valid or test are too good. */
  imagesInSeveralSplits: number;
}

export interface SplitReport {
  images: number;
  imagesWithoutBuildings: number;
  buildings: number;
  meanBuildingsPerImage: number;
  maxBuildingsPerImage: number;
  /** 0-1: buildings with another one at most 2 pixels away. */
  touchingShare: number;
  /** Images by where they came from. */
  origins: Record<string, number>;
  /** Reason -> count. */
  dropped: Record<string, number>;
}

export function createPrepareReport(folder: string, { manifest, splits }: PreparedDataset): PrepareReport {
  const report = (split: Split) => splitReport(splits[split], manifest.splits[split].dropped);
  return {
    folder,
    source: manifest.source,
    hash: manifest.hash,
    splits: { train: report('train'), valid: report('valid'), test: report('test') },
    imagesInSeveralSplits: countInSeveralSplits(manifest.files),
  };
}

/**
 * A column for each split, plain aligned text: images and where they came from, buildings, and what was dropped and
 * why.
 * @returns the lines
 */
export function reportTable(report: PrepareReport): string[] {
  const splits = SPLITS.map((split) => report.splits[split]);
  const row = (name: string, value: (split: SplitReport) => string | number) => [
    name,
    ...splits.map((split) => String(value(split))),
  ];
  const origins = keysOf(splits.map((split) => split.origins));
  const reasons = keysOf(splits.map((split) => split.dropped));
  return alignColumns([
    ['', ...SPLITS],
    row('images', (split) => split.images),
    ...origins.map((origin) => row(`  from ${origin}`, (split) => split.origins[origin] ?? 0)),
    row('  without buildings', (split) => split.imagesWithoutBuildings),
    row('buildings', (split) => split.buildings),
    row('  per image, mean', (split) => split.meanBuildingsPerImage.toFixed(1)),
    row('  per image, most', (split) => split.maxBuildingsPerImage),
    row(`  within ${TOUCHING_PX} px of another`, (split) => `${Math.round(100 * split.touchingShare)}%`),
    row('dropped', (split) => Object.values(split.dropped).reduce((sum, times) => sum + times, 0)),
    ...reasons.map((reason) => row(`  ${reason}`, (split) => split.dropped[reason] ?? 0)),
  ]);
}

function splitReport(images: readonly PreparedImage[], dropped: Record<string, number>): SplitReport {
  const counts = images.map((image) => image.buildings.length);
  const buildings = counts.reduce((sum, count) => sum + count, 0);
  const touching = images.reduce(
    (sum, image) => sum + shareOfTouching(image.buildings, TOUCHING_PX) * image.buildings.length,
    0,
  );
  const origins: Record<string, number> = {};
  for (const { origin } of images) origins[origin] = (origins[origin] ?? 0) + 1;
  return {
    images: images.length,
    imagesWithoutBuildings: counts.filter((count) => count === 0).length,
    buildings,
    meanBuildingsPerImage: buildings / images.length,
    maxBuildingsPerImage: counts.reduce((most, count) => Math.max(most, count), 0),
    touchingShare: buildings === 0 ? 0 : touching / buildings,
    origins,
    dropped,
  };
}

function countInSeveralSplits(files: Readonly<Record<string, string>>): number {
  const splitsOf = new Map<string, Set<string>>();
  for (const [path, hash] of Object.entries(files)) {
    const split = /^images\/(\w+)\//.exec(path)?.[1];
    if (split) splitsOf.set(hash, (splitsOf.get(hash) ?? new Set()).add(split));
  }
  return [...splitsOf.values()].filter((splits) => splits.size > 1).length;
}

function keysOf(records: readonly Record<string, number>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

/** First column to the left, numbers to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_cell, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
