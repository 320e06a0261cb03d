import { loadTensorFlow } from '../system/load-tensorflow.ts';
import type { Log } from '../system/log.ts';
import { printResult, readParams, type StageOptions } from './stage.ts';

/** `aerial summary`: what the params' model is made of and what it costs, by part, on stdout. Writes nothing. */
export async function summary(options: StageOptions, { log }: { log: Log }): Promise<void> {
  const params = await readParams(options);
  // Nothing is computed, so a GPU would only be kept from others.
  await loadTensorFlow({ device: 'cpu', deterministic: false });
  const { summarizeModel } = await import('../summary/model-summary.ts');
  const { formatModelSummary } = await import('../summary/format.ts');
  printResult(
    summarizeModel(params, (line) => log.info(line)),
    options,
    formatModelSummary,
  );
}
