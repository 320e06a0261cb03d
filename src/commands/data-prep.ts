import type { Log } from '../system/log.ts';
import { printResult, readParams, type StageOptions } from './stage.ts';
import { warnOfUnwatchedSamples } from './unwatched-samples.ts';

/** `aerial data-prep`: the prepared data set in `paths.prepared`, a table of what was done on stdout. */
export async function dataPrep(options: StageOptions, { log }: { log: Log }): Promise<void> {
  const params = await readParams(options);
  await warnOfUnwatchedSamples(params, log, process.env);
  const { formatPrepareReport, prepareData } = await import('../data/prepare.ts');
  printResult(await prepareData(params, log), options, formatPrepareReport);
}
