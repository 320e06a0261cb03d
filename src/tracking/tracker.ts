/** One row of numbers; null where a figure is undefined. Keys are grouped by `/`: `train/loss`, `valid/mask_ap`. */
export type MetricsRow = Record<string, number | null>;

/** What is shown of a run beside its rows. */
export type Exhibit = Picture | OverlaidPicture | Table | LineChart | Page;

export interface Picture {
  kind: 'picture';
  /** Encoded. */
  png: Uint8Array;
  caption: string;
}

/** A picture with regions over it that one can switch on and off. */
export interface OverlaidPicture {
  kind: 'overlaid_picture';
  /** Encoded. */
  jpeg: Uint8Array;
  caption: string;
  /** By name, e.g. `ground_truth` and `prediction`; a class belongs to one of them only. */
  overlays: Record<string, Overlay>;
}

export interface Overlay {
  /** [height, width] of the picture: the class of each pixel, 0 = none, as an encoded 8-bit grey PNG. */
  png: Uint8Array;
  /** The names of the classes, by their numbers, 1-255. */
  classes: Record<number, string>;
}

export interface Table {
  kind: 'table';
  columns: readonly string[];
  /** A cell for each column; null where there is nothing to say. */
  rows: readonly (readonly (string | number | null)[])[];
}

/** Lines over one horizontal axis. */
export interface LineChart {
  kind: 'line_chart';
  title: string;
  xAxis: string;
  lines: readonly { name: string; points: readonly (readonly [x: number, y: number])[] }[];
}

export interface Page {
  kind: 'page';
  /** A document that needs nothing beside itself. */
  html: string;
}

/**
 * Where figures and pictures of a run go. No call throws, waits for a network or slows training: trouble is
 * reported once on stderr. `step` is the global training step. It is smaller than in the call before only where training has
 * gone back to a checkpoint: what was told of the steps from there on is void (Weights & Biases cannot take it back, and
 * keeps that).
 */
export interface Tracker {
  log(step: number, row: MetricsRow): void;
  /** @param key e.g. `valid/comparison_0`; the newest of each key is what is looked at first */
  show(step: number, key: string, exhibit: Exhibit): void;
  /** Figures that describe the whole run. */
  summary(row: MetricsRow): void;
  /**
   * Flushes and ends; resolves when everything is on disk (online: handed over, with a bounded wait).
   * @param stop aborted when the user stops the run, before or meanwhile: then the wait is one of seconds
   */
  finish(exitCode: number, stop?: AbortSignal): Promise<void>;
}
