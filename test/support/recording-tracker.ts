import type { MetricsRow, Tracker } from '../../src/tracking/tracker.ts';

/** A tracker that remembers what it was told. */
export function recordingTracker() {
  const rows: { step: number; row: MetricsRow }[] = [];
  const images: { step: number; key: string; png: Buffer; caption: string }[] = [];
  const summaries: MetricsRow[] = [];
  const tracker: Tracker = {
    log: (step, row) => void rows.push({ step, row }),
    image: (step, key, png, caption) => void images.push({ step, key, png: Buffer.from(png), caption }),
    summary: (row) => void summaries.push(row),
    finish: () => Promise.resolve(),
  };
  return { ...tracker, rows, images, summaries };
}
