import { join } from 'node:path';
import { printResult, readParams, type StageContext, type StageOptions } from './stage.ts';
import { warnOfUnwatchedSamples } from './unwatched-samples.ts';

/**
 * `aerial data-prep`: the prepared data set in `paths.prepared`, what the doctor found in `data_doctor` of `paths.runs`,
 * a table of what was done on stdout.
 */
export async function dataPrep(options: StageOptions, { log, signal }: StageContext): Promise<void> {
  const params = await readParams(options);
  await warnOfUnwatchedSamples(params, log, process.env);
  const { prepareData } = await import('../data/prepare.ts');
  const { formatPrepareReport } = await import('../data/prepare-report.ts');
  const { writeDoctorReport } = await import('./doctor-report.ts');
  const folder = join(params.paths.runs, 'data_doctor');
  const report = await prepareData(params, log, {
    signal,
    report: (examined) => writeDoctorReport(folder, examined),
  });
  printResult(report, options, formatPrepareReport);
}
