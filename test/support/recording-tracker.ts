import type { Exhibit, MetricsRow, Tracker } from '../../src/tracking/tracker.ts';

/** A tracker that remembers what it was told. */
export function recordingTracker() {
  const rows: { step: number; row: MetricsRow }[] = [];
  const exhibits: { step: number; key: string; exhibit: Exhibit }[] = [];
  const summaries: MetricsRow[] = [];
  const tracker: Tracker = {
    log: (step, row) => void rows.push({ step, row }),
    show: (step, key, exhibit) => void exhibits.push({ step, key, exhibit }),
    summary: (row) => void summaries.push(row),
    finish: () => Promise.resolve(),
  };
  return { ...tracker, rows, exhibits, summaries };
}
