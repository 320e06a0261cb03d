import { FINDING_KINDS, type Finding, type FindingKind, isFault, type Treatment } from '../findings.ts';
import type { Split } from '../prepared.ts';
import type { Comparison, Examination } from './examination.ts';
import type { SourceImage } from './source-image.ts';

/** A number for each split, and for what has none. */
export type BySplit = Record<Split | 'unsplit', number>;

/** What the doctor says, for the page, the table and `findings.json`. No times and no absolute paths. */
export interface DoctorReport {
  /** Sound ones that are left. */
  images: BySplit;
  buildings: BySplit;
  /** Findings that `data.doctor.strict` refuses. */
  faults: number;
  /** One for each kind that came up, in the order of FINDING_KINDS. */
  kinds: KindSummary[];
  comparisons: Comparison[];
  findings: Finding[];
}

export interface KindSummary {
  kind: FindingKind;
  title: string;
  meaning: string;
  /** Wrong for certain; otherwise worth knowing. */
  fault: boolean;
  count: number;
  splits: BySplit;
  treatments: Record<Treatment, number>;
}

export function createDoctorReport({ images, findings, comparisons }: Examination): DoctorReport {
  const kinds = Object.keys(FINDING_KINDS) as FindingKind[];
  return {
    images: countBySplit(images),
    buildings: countBySplit(images.flatMap(({ split, buildings }) => buildings.map(() => ({ split })))),
    faults: findings.filter(isFault).length,
    kinds: kinds.flatMap((kind) => summaryOf(kind, findings)),
    comparisons,
    findings,
  };
}

/**
 * The content of `findings.json`: a finding a line, so that two runs can be compared, and of each trait of the images
 * its tests without the values. The same data give the same bytes.
 */
export function findingsJson({ findings, comparisons, ...report }: DoctorReport): string {
  const shifts = comparisons.flatMap(({ trait, tests }) => tests.map((test) => ({ trait, ...test })));
  const head = JSON.stringify({ ...report, shifts }, null, 1).slice(0, -2);
  const lines = findings.map((finding) => `  ${JSON.stringify(finding)}`).join(',\n');
  return `${head},\n "findings": [${lines === '' ? '' : `\n${lines}\n `}]\n}\n`;
}

function summaryOf(kind: FindingKind, all: readonly Finding[]): KindSummary[] {
  const findings = all.filter((finding) => finding.kind === kind);
  if (findings.length === 0) return [];
  const treated = (treatment: Treatment) =>
    findings.filter((finding) => finding.treatment === treatment).length;
  const treatments = { none: treated('none'), repaired: treated('repaired'), dropped: treated('dropped') };
  return [
    { kind, ...FINDING_KINDS[kind], count: findings.length, splits: countBySplit(findings), treatments },
  ];
}

function countBySplit(items: readonly Pick<SourceImage, 'split'>[]): BySplit {
  const counts = { train: 0, valid: 0, test: 0, unsplit: 0 };
  for (const { split } of items) counts[split ?? 'unsplit']++;
  return counts;
}
