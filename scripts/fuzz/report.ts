import { alignColumns } from '../../src/system/align-columns.ts';
import { KINDS } from './fuzz-case.ts';
import { OUTCOMES, type Outcome, type Verdict } from './run-case.ts';
import type { FuzzResult } from './run-shards.ts';

export interface FuzzReport {
  seed: number;
  cases: number;
  /** By kind of input, then outcome. */
  outcomes: Record<string, Partial<Record<Outcome, number>>>;
  peakMebibytes: number;
  /** The case in which it was reached. */
  peakIndex: number;
  /** The three that took longest. */
  slowest: Pick<Verdict, 'index' | 'kind' | 'milliseconds'>[];
  /** What was refused, by the words of the message, the most frequent first. */
  refusals: { times: number; example: string }[];
  failures: Verdict[];
}

const MEBIBYTE = 1024 ** 2;
/** The promise: whatever is read, no process has more. */
const MOST_MEBIBYTES = 1024;
const SLOWEST = 3;

export function createReport(seed: number, { verdicts, peakBytes, peakIndex }: FuzzResult): FuzzReport {
  const outcomes: FuzzReport['outcomes'] = Object.fromEntries(KINDS.map((kind) => [kind, {}]));
  for (const { kind, outcome } of verdicts) outcomes[kind]![outcome] = (outcomes[kind]![outcome] ?? 0) + 1;
  const slowest = verdicts
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, SLOWEST)
    .map(({ index, kind, milliseconds }) => ({ index, kind, milliseconds }));
  const failures = verdicts.filter(({ outcome }) => outcome !== 'read' && outcome !== 'refused');
  const peakMebibytes = Math.round(peakBytes / MEBIBYTE);
  return {
    seed,
    cases: verdicts.length,
    outcomes,
    peakMebibytes,
    peakIndex,
    slowest,
    refusals: refusalsOf(verdicts),
    failures,
  };
}

function refusalsOf(verdicts: readonly Verdict[]): FuzzReport['refusals'] {
  const groups = new Map<string, { times: number; example: string }>();
  for (const { outcome, message } of verdicts) {
    if (outcome !== 'refused') continue;
    // Paths, names and numbers differ from case to case.
    const key = message.replace(/\S*\/\S*|".*?"|\(.*?\)|\S*\d\S*/g, '_');
    const group = groups.get(key) ?? { times: 0, example: message };
    groups.set(key, { ...group, times: group.times + 1 });
  }
  return [...groups.values()].sort((a, b) => b.times - a.times);
}

export function isSound({ failures, peakMebibytes }: FuzzReport): boolean {
  return failures.length === 0 && peakMebibytes <= MOST_MEBIBYTES;
}

/** Lines for people. */
export function formatReport(report: FuzzReport): string {
  const { outcomes, slowest, refusals, failures, peakMebibytes, peakIndex } = report;
  const rows = KINDS.map((kind) => [
    kind,
    ...OUTCOMES.map((outcome) => String(outcomes[kind]![outcome] ?? 0)),
  ]);
  const lines = [...alignColumns([['fuzz', ...OUTCOMES], ...rows]), ''];
  lines.push(`memory at most ${peakMebibytes} MiB, in case ${peakIndex} (limit ${MOST_MEBIBYTES})`);
  lines.push(
    ...slowest.map(({ index, kind, milliseconds }) => `case ${index} (${kind}): ${milliseconds} ms`),
    '',
  );
  lines.push(...refusals.slice(0, 20).map(({ times, example }) => `${times} x ${example}`));
  for (const { index, kind, outcome, tricks, message } of failures) {
    lines.push('', `case ${index} (${kind}) ${outcome}, after ${tricks.join(', ')}`, message);
  }
  return lines.join('\n');
}
