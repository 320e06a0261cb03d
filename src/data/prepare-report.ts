import { alignColumns } from '../system/align-columns.ts';
import { TREATMENTS } from './count-findings.ts';
import { FINDING_KINDS, type FindingKind, type Treatment } from './findings.ts';
import type { Division, FindingCounts, PreparedDataset, SplitSummary } from './manifest.ts';
import { type PreparedImage, SPLITS, type Split } from './prepared.ts';
import { shareOfTouching } from './synthetic/scene.ts';

/** Pixels between two buildings, up to which telling them apart is hard. */
const TOUCHING_PX = 2;
/** Enough of the manifest's hash to tell two data sets apart. */
const HASH_DIGITS = 12;

/** What data-prep made of the data; printed as a table, or as JSON. */
export interface PrepareReport {
  folder: string;
  source: string;
  /** The manifest's hash. */
  hash: string;
  splits: Record<Split, SplitReport>;
  /** Of files and annotations that belong to no image, and so to no split. */
  findings: FindingCounts;
  /** By origin, those that came without splits. */
  divisions: Record<string, Division>;
  /** The page that shows what was found; null where none was made. */
  findingsPage: string | null;
}

export interface SplitReport extends SplitSummary {
  imagesWithoutBuildings: number;
  meanBuildingsPerImage: number;
  maxBuildingsPerImage: number;
  /** 0-1: buildings with another one at most 2 pixels away. */
  touchingShare: number;
}

/** @param findingsPage where the page is that shows what was found; null where there is none */
export function createPrepareReport(
  folder: string,
  { manifest, splits }: PreparedDataset,
  findingsPage: string | null,
): PrepareReport {
  const report = (split: Split) => splitReport(splits[split], manifest.splits[split]);
  const { source, hash, findings, divisions } = manifest;
  return {
    folder,
    source,
    hash,
    splits: { train: report('train'), valid: report('valid'), test: report('test') },
    findings,
    divisions,
    findingsPage,
  };
}

/** The report for people: what was prepared, a table with a column for each split, and what is worth a look. */
export function formatPrepareReport(report: PrepareReport): string {
  const { source, folder, hash, divisions, findingsPage } = report;
  const notes = Object.entries(divisions).map(
    ([origin, division]) => `${origin} was divided here: ${describeDivision(division)}`,
  );
  if (findingsPage !== null) notes.push(`What was found, with pictures: ${findingsPage}`);
  return [
    `Prepared ${source} in ${folder} (${hash.slice(0, HASH_DIGITS)})`,
    '',
    ...reportTable(report),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

const GROUPS: Readonly<Record<Division['by'], string>> = {
  scene: 'scenes',
  tiles: 'blocks of tiles',
  folder: 'folders',
  image: 'originals',
};

function describeDivision({ by, groups, near }: Division): string {
  const neighbours = near === null ? '' : `; ${near} images lie beside one of another split`;
  return `${groups} ${GROUPS[by]} stayed whole${neighbours}`;
}

const TREATED: Readonly<Record<Treatment, string>> = {
  dropped: 'left out',
  repaired: 'mended',
  none: 'noted',
};

/** Plain aligned text: images and where they came from, buildings, and what was found and done about it. */
function reportTable(report: PrepareReport): string[] {
  const splits = SPLITS.map((split) => report.splits[split]);
  const row = (name: string, value: (split: SplitReport) => string | number) => [
    name,
    ...splits.map((split) => String(value(split))),
  ];
  const origins = [...new Set(splits.flatMap((split) => Object.keys(split.origins)))];
  const rows = [
    ['', ...SPLITS],
    row('images', (split) => split.images),
    ...origins.map((origin) => row(`  from ${origin}`, (split) => split.origins[origin] ?? 0)),
    row('  without buildings', (split) => split.imagesWithoutBuildings),
    row('buildings', (split) => split.buildings),
    row('  per image, mean', (split) => split.meanBuildingsPerImage.toFixed(1)),
    row('  per image, most', (split) => split.maxBuildingsPerImage),
    row(`  within ${TOUCHING_PX} px of another`, (split) => `${Math.round(100 * split.touchingShare)}%`),
  ];
  if (splits.some(({ crowds }) => crowds > 0)) rows.push(row('crowd regions', (split) => split.crowds));
  return alignColumns(withFindings(rows, [...splits.map(({ findings }) => findings), report.findings]));
}

/**
 * The rows and those of the findings; with a last column for what belongs to no split, where there is any.
 * @param counts of each column
 */
function withFindings(rows: readonly string[][], counts: readonly FindingCounts[]): string[][] {
  const found = TREATMENTS.flatMap((treatment) => {
    const columns = counts.map((column) => column[treatment]);
    const kinds = [...new Set(columns.flatMap((column) => Object.keys(column)))] as FindingKind[];
    if (kinds.length === 0) return [];
    const sums = columns.map((column) =>
      String(Object.values(column).reduce((sum, times) => sum + times, 0)),
    );
    return [
      [TREATED[treatment], ...sums],
      ...kinds.map((kind) => [
        `  ${FINDING_KINDS[kind].title}`,
        ...columns.map((column) => String(column[kind] ?? 0)),
      ]),
    ];
  });
  const hasUnplaced = TREATMENTS.some((treatment) => Object.keys(counts.at(-1)![treatment]).length > 0);
  if (!hasUnplaced) return [...rows, ...found.map((cells) => cells.slice(0, -1))];
  return [...rows.map((cells, i) => [...cells, i === 0 ? 'no split' : '']), ...found];
}

function splitReport(images: readonly PreparedImage[], summary: SplitSummary): SplitReport {
  const counts = images.map((image) => image.buildings.length);
  const touching = images.reduce(
    (sum, image) => sum + shareOfTouching(image.buildings, TOUCHING_PX) * image.buildings.length,
    0,
  );
  return {
    ...summary,
    imagesWithoutBuildings: counts.filter((count) => count === 0).length,
    meanBuildingsPerImage: summary.buildings / images.length,
    maxBuildingsPerImage: counts.reduce((most, count) => Math.max(most, count), 0),
    touchingShare: summary.buildings === 0 ? 0 : touching / summary.buildings,
  };
}
