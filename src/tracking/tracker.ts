/** One row of numbers; null where a figure is undefined. Keys are grouped by `/`: `train/loss`, `valid/mask_ap`. */
export type MetricsRow = Record<string, number | null>;

/**
 * Where figures and pictures of a run go. No call throws, waits for a network or slows training: trouble is
 * reported once on stderr.
 */
export interface Tracker {
  /** @param step global training step, never smaller than in the call before */
  log(step: number, row: MetricsRow): void;
  /** @param png an encoded PNG; @param key e.g. `valid/comparison_0` */
  image(step: number, key: string, png: Uint8Array, caption: string): void;
  /** Figures that describe the whole run. */
  summary(row: MetricsRow): void;
  /** Flushes and ends; resolves when everything is on disk (online: handed over, with a bounded wait). */
  finish(exitCode: number): Promise<void>;
}
