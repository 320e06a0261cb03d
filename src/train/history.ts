import { join } from 'node:path';
import { metricsRow } from '../evaluate/metrics-row.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { MachineReading } from '../system/machine-watch.ts';
import type { MetricsRow } from '../tracking/tracker.ts';
import { curvesSvg } from '../visualize/curves.ts';
import type { StepFigures } from './engine/step-figures.ts';
import type { Validation } from './validation/validate.ts';

/** One row per epoch; the content of `history.json`. */
export type History = MetricsRow[];

/** What is told of an update. */
export interface ReportedStep {
  figures: StepFigures;
  /** Learning rates by group; `base` = the schedule's own. */
  rates: Readonly<Record<string, number>>;
  imagesPerSecond: number;
  /** How long the update waited for its data, and how long it computed. */
  seconds: { data: number; step: number };
}

/** Figures of one step, under `train/` and `time/`. @param machine as it is meanwhile */
export function stepRow(
  { figures, rates, imagesPerSecond, seconds }: ReportedStep,
  machine: MetricsRow = {},
): MetricsRow {
  const { base, ...groups } = rates;
  return {
    'train/loss': figures.losses.total,
    'train/objectness': figures.losses.objectness,
    'train/rpn_box': figures.losses.rpnBox,
    'train/class': figures.losses.class,
    'train/box': figures.losses.box,
    'train/focal': figures.losses.focal,
    'train/dice': figures.losses.dice,
    'train/gradient_norm': figures.gradientNorm,
    ...prefixed('train/gradient_norm/', figures.gradientNorms),
    ...prefixed('train/update_ratio/', figures.updateRatios, (ratio) => (figures.applied ? ratio : null)),
    'train/learning_rate': base ?? null,
    ...prefixed('train/learning_rate/', groups),
    'train/images_per_second': imagesPerSecond,
    'time/data': seconds.data,
    'time/step': seconds.step,
    ...machine,
  };
}

/** Figures of the machine, under `system/`: memory in GiB, use 0-1; those of the GPU only where there is one. */
export function machineRow({ memoryBytes, gpu }: MachineReading): MetricsRow {
  const gibibytes = (bytes: number | null) => (bytes === null ? null : bytes / 2 ** 30);
  return {
    'system/memory': gibibytes(memoryBytes),
    ...(gpu && { 'system/gpu_memory': gibibytes(gpu.memoryBytes), 'system/gpu_use': gpu.use }),
  };
}

/** Figures of a validation, under `valid/`. @param seconds that it took */
export function validationRow(
  { loss, metrics }: Pick<Validation, 'loss' | 'metrics'>,
  seconds?: number,
): MetricsRow {
  return {
    'valid/loss': loss,
    ...metricsRow('valid', metrics),
    ...(seconds !== undefined && { 'time/evaluation': seconds }),
  };
}

/**
 * Of the rows of a pass so far: for each figure, the sum of its values and how many there were. Plain JSON, all finite, so
 * that a checkpoint can keep it. Begins as {}.
 */
export type RowSums = Record<string, { sum: number; count: number }>;

/** Adds a row to the sums in place. What is null or not finite counts in no mean. */
export function addToSums(sums: RowSums, row: MetricsRow): void {
  for (const [key, value] of Object.entries(row)) {
    sums[key] ??= { sum: 0, count: 0 };
    if (value === null || !Number.isFinite(value)) continue;
    sums[key].sum += value;
    sums[key].count++;
  }
}

/** The mean of each figure; null where it never had a value, {} before the first row. */
export function meanRow(sums: RowSums): MetricsRow {
  const means = Object.entries(sums).map(([key, { sum, count }]) => [key, count === 0 ? null : sum / count]);
  return Object.fromEntries(means);
}

/** Writes `history.json` and its picture `curves.svg`. */
export async function writeHistory(folder: string, history: History): Promise<void> {
  await writeFileAtomic(join(folder, 'history.json'), `${JSON.stringify(history, null, 2)}\n`);
  await writeFileAtomic(join(folder, 'curves.svg'), await curvesSvg(history));
}

function prefixed(
  prefix: string,
  figures: Readonly<Record<string, number>>,
  toValue: (figure: number) => number | null = (figure) => figure,
): MetricsRow {
  return Object.fromEntries(
    Object.entries(figures).map(([name, figure]) => [`${prefix}${name}`, toValue(figure)]),
  );
}
