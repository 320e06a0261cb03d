import { TREATMENTS } from '../data/count-findings.ts';
import { describeFinding } from '../data/doctor/examine.ts';
import type { BySplit, DoctorReport, KindSummary } from '../data/doctor/report.ts';
import type { Finding, Treatment } from '../data/findings.ts';
import { alignColumns } from '../system/align-columns.ts';

/** What `aerial doctor data` found, in figures; printed as a table or as JSON. */
export interface DoctorDataResult extends Omit<DoctorReport, 'comparisons' | 'findings'> {
  /** No faults. */
  ok: boolean;
  /** The folder as the user wrote it. */
  source: string;
  /** Path of `report.html`; `findings.json` lies beside it. */
  page: string;
}

const COLUMNS = ['train', 'valid', 'test', 'unsplit'] as const;

/** Of one length, so that they stand in a column. */
const TREATED: Readonly<Record<Treatment, string>> = {
  dropped: 'left out',
  repaired: 'mended  ',
  none: 'as it is',
};

/** Enough to know what to look for; the page shows more, and findings.json all. */
const EXAMPLES = 2;

/** The table for people, with examples of each kind and the verdict below. */
export function formatDoctorData(result: DoctorDataResult, findings: readonly Finding[]): string {
  const { kinds, images, buildings, faults, page } = result;
  const columns = COLUMNS.filter(
    (column) => images[column] > 0 || kinds.some(({ splits }) => splits[column] > 0),
  );
  const row = (name: string, counts: BySplit, last = '') => [
    name,
    ...columns.map((column) => String(counts[column])),
    last,
  ];
  const kindRow = (summary: KindSummary) => row(`  ${summary.title}`, summary.splits, treatmentOf(summary));
  const group = (name: string, members: readonly KindSummary[]) =>
    members.length === 0 ? [] : [[name, ...columns.map(() => ''), ''], ...members.map(kindRow)];
  const rows = [
    ['', ...columns, ''],
    row('sound images', images),
    row('buildings', buildings),
    ...group(
      'faults',
      kinds.filter(({ fault }) => fault),
    ),
    ...group(
      'worth knowing',
      kinds.filter(({ fault }) => !fault),
    ),
  ];
  return [
    ...alignColumns(rows),
    ...exampleLines(kinds, findings),
    '',
    faults === 0 ? 'No faults.' : `${faults} ${faults === 1 ? 'fault' : 'faults'}.`,
    `With pictures: ${page}`,
  ].join('\n');
}

function treatmentOf({ treatments }: KindSummary): string {
  return TREATMENTS.filter((treatment) => treatments[treatment] > 0)
    .map((treatment) => TREATED[treatment])
    .join(', ');
}

function exampleLines(kinds: readonly KindSummary[], findings: readonly Finding[]): string[] {
  const lines = kinds.flatMap(({ kind, count }) => {
    const ofKind = findings.filter((finding) => finding.kind === kind).slice(0, EXAMPLES);
    const more = count > EXAMPLES ? ` (and ${count - EXAMPLES} more)` : '';
    return ofKind.map((finding, i) => `  ${describeFinding(finding)}${i === ofKind.length - 1 ? more : ''}`);
  });
  return lines.length === 0 ? [] : ['', 'For example', ...lines];
}
