import type { FindingKind } from '../findings.ts';
import type { FaultCase } from './examination.ts';

/** Of each kind: enough to see what is the matter, few enough for a page that opens at once. */
const MOST_CASES = 12;

/** @returns the worst of each kind, worst first, those found first before others as bad; kinds as they first come */
export function worstCases(cases: readonly FaultCase[]): FaultCase[] {
  const byKind = new Map<FindingKind, FaultCase[]>();
  for (const one of cases) {
    const ofKind = byKind.get(one.finding.kind);
    if (ofKind) ofKind.push(one);
    else byKind.set(one.finding.kind, [one]);
  }
  return [...byKind.values()].flatMap((ofKind) =>
    ofKind.sort((a, b) => b.severity - a.severity).slice(0, MOST_CASES),
  );
}
