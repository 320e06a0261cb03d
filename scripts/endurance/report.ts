/** What all runs together say. */
import { alignColumns } from '../../src/system/align-columns.ts';
import { KINDS, type Kind, type Reference, type RunRecord, type Stage } from './records.ts';

const STAGES: readonly Stage[] = ['start', 'compile', 'steps', 'validation', 'write', 'ended'];

export interface KindReport {
  runs: number;
  /** Runs that kept every promise. */
  sound: number;
  stops: number;
  /** What they were at. */
  stages: Record<Stage, number>;
  /** Updates lost -> how often. */
  lost: Record<string, number>;
  /** Exit codes and signals of the processes that were stopped -> how often. */
  endings: Record<string, number>;
  /** From the signal to the end of the process. */
  medianSecondsToEnd: number;
  mostSecondsToEnd: number;
  /** Of a run with all its processes. */
  medianSeconds: number;
}

export interface EnduranceReport {
  seed: number;
  /** Updates between two checkpoints. */
  interval: number;
  reference: { steps: number; seconds: number; weights: string };
  kinds: Record<Kind, KindReport>;
  failures: { kind: Kind; index: number; failure: string }[];
}

/** @param interval updates from one checkpoint to the next */
export function createReport(
  { seed, steps, seconds, outcome }: Reference,
  records: readonly RunRecord[],
  interval: number,
): EnduranceReport {
  const ofKind = (kind: Kind) => reportOf(records.filter((record) => record.kind === kind));
  const failures = records.flatMap(({ kind, index, failures: lines }) =>
    lines.map((failure) => ({ kind, index, failure })),
  );
  const kinds = { kill: ofKind('kill'), term: ofKind('term'), interrupt: ofKind('interrupt') };
  return { seed, interval, reference: { steps, seconds, weights: outcome.weights }, kinds, failures };
}

function reportOf(records: readonly RunRecord[]): KindReport {
  const stops = records.flatMap((record) => record.stops);
  const toEnd = stops.map(({ secondsToEnd }) => secondsToEnd);
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, 0])) as Record<Stage, number>;
  for (const { stage } of stops) stages[stage]++;
  return {
    runs: records.length,
    sound: records.filter(({ failures }) => failures.length === 0).length,
    stops: stops.length,
    stages,
    // Of a training that has ended, nothing is made again.
    lost: count(stops.filter(({ stage }) => stage !== 'ended').map(({ lost }) => lost)),
    endings: count(stops.map(({ exitCode, signal }) => signal ?? String(exitCode))),
    medianSecondsToEnd: median(toEnd),
    mostSecondsToEnd: Math.max(0, ...toEnd),
    medianSeconds: median(records.map(({ seconds }) => seconds)),
  };
}

export function isSound({ failures }: EnduranceReport): boolean {
  return failures.length === 0;
}

/** Lines for people. */
export function formatReport({ reference, interval, kinds, failures, seed }: EnduranceReport): string {
  const shown = KINDS.filter((kind) => kinds[kind].runs > 0);
  const head = ['endurance', 'runs', 'sound', 'stops', ...STAGES, 'most s to end', 's a run'];
  const rows = shown.map((kind) => {
    const { runs, sound, stops, stages, mostSecondsToEnd, medianSeconds } = kinds[kind];
    const numbers = [runs, sound, stops, ...STAGES.map((stage) => stages[stage])].map(String);
    return [kind, ...numbers, mostSecondsToEnd.toFixed(1), medianSeconds.toFixed(1)];
  });
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([key, times]) => `${key} (${times} x)`)
      .join(', ');
  return [
    ...alignColumns([head, ...rows]),
    '',
    `seed ${seed}; uninterrupted: ${reference.steps} updates in ${reference.seconds.toFixed(1)} s, weights ${reference.weights.slice(0, 12)}`,
    ...shown.flatMap((kind) => [
      `${kind}: updates lost (a checkpoint every ${interval}): ${list(kinds[kind].lost)}`,
      `${kind}: processes ended with: ${list(kinds[kind].endings)}`,
    ]),
    ...failures.map(({ kind, index, failure }) => `FAILED ${kind} ${index}: ${failure}`),
    failures.length === 0 ? 'endurance: all is well' : `endurance: ${failures.length} failures`,
  ].join('\n');
}

function count(values: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return Object.fromEntries(
    Object.entries(counts).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
  );
}

/** 0 for no values. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (
    ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) /
    2
  );
}
