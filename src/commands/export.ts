import { join } from 'node:path';
import { loadTensorFlow } from '../system/load-tensorflow.ts';
import { printResult, readParams, type StageContext, type StageOptions } from './stage.ts';

/** The flags of `aerial export`. */
export interface ExportFlags extends StageOptions {
  /** Default: `export/saved_model` in `paths.runs`. */
  output?: string;
  batchSize: number;
}

/** `aerial export`: the best model as a SavedModel, what is in it on stdout. */
export async function exportSavedModel(flags: ExportFlags, context: StageContext): Promise<void> {
  const params = await readParams(flags);
  // Only now, so that wrong params are told at once and not after TensorFlow has loaded.
  await loadTensorFlow({ device: params.device, deterministic: false });
  const { exportModel, formatExportSummary } = await import('../inference/export.ts');
  const output = flags.output ?? join(params.paths.runs, 'export', 'saved_model');
  const summary = await exportModel(params, { output, batchSize: flags.batchSize, ...context });
  printResult(summary, flags, formatExportSummary);
}
