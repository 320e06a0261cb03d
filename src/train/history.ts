import { join } from 'node:path';
import { metricsRow } from '../evaluate/metrics-row.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { MetricsRow } from '../tracking/tracker.ts';
import { curvesSvg } from '../visualize/curves.ts';
import type { StepReport } from './train-epoch.ts';
import type { Validation } from './validate.ts';

/** One row per epoch; the content of `history.json`. */
export type History = MetricsRow[];

/** Figures of one step, under `train/`. */
export function stepRow({ figures, learningRate, imagesPerSecond }: StepReport): MetricsRow {
  return {
    'train/loss': figures.total,
    'train/objectness': figures.objectness,
    'train/rpn_box': figures.rpnBox,
    'train/class': figures.class,
    'train/box': figures.box,
    'train/focal': figures.focal,
    'train/dice': figures.dice,
    'train/gradient_norm': figures.gradientNorm,
    'train/learning_rate': learningRate,
    'train/images_per_second': imagesPerSecond,
  };
}

/** Figures of a validation, under `valid/`. */
export function validationRow({ loss, metrics }: Pick<Validation, 'loss' | 'metrics'>): MetricsRow {
  return { 'valid/loss': loss, ...metricsRow('valid', metrics) };
}

/** Mean of each figure over rows with the same keys; {} for no rows. */
export function meanRow(rows: readonly MetricsRow[]): MetricsRow {
  const keys = Object.keys(rows[0] ?? {});
  return Object.fromEntries(keys.map((key) => [key, mean(rows.map((row) => row[key] ?? Number.NaN))]));
}

/** Writes `history.json` and its picture `curves.svg`. */
export async function writeHistory(folder: string, history: History): Promise<void> {
  await writeFileAtomic(join(folder, 'history.json'), `${JSON.stringify(history, null, 2)}\n`);
  await writeFileAtomic(join(folder, 'curves.svg'), await curvesSvg(history));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
