import type { Finding, Treatment } from './findings.ts';
import type { FindingCounts } from './manifest.ts';
import type { Split } from './prepared.ts';

export const TREATMENTS = ['dropped', 'repaired', 'none'] as const satisfies readonly Treatment[];

/** The findings of a split, or of none (null), counted; kinds in the order of their names. */
export function countFindings(findings: readonly Finding[], split: Split | null): FindingCounts {
  const counts: FindingCounts = { dropped: {}, repaired: {}, none: {} };
  const kinds = findings.filter((finding) => finding.split === split);
  for (const { treatment, kind } of kinds.toSorted(byKind)) {
    counts[treatment][kind] = (counts[treatment][kind] ?? 0) + 1;
  }
  return counts;
}

/** By code unit: the same order on every machine. */
function byKind(a: Finding, b: Finding): number {
  return a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0;
}
