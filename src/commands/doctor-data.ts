import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { examineImages } from '../data/doctor/examine.ts';
import { examineSplits } from '../data/doctor/examine-splits.ts';
import { createDoctorReport } from '../data/doctor/report.ts';
import { isPrepared } from '../data/is-prepared.ts';
import { preparedSamples } from '../data/prepared-samples.ts';
import { readLocal } from '../data/sources/read-local.ts';
import type { SourceContent } from '../data/sources/source-sample.ts';
import { UserError } from '../system/errors.ts';
import { explainDiskError } from '../system/files.ts';
import { type DoctorDataResult, formatDoctorData } from './doctor-data-table.ts';
import { writeDoctorReport } from './doctor-report.ts';
import { printResult, readParams, type StageContext, type StageOptions } from './stage.ts';

export interface DoctorDataFlags extends StageOptions {
  /** Folder of the report. */
  output?: string;
}

/**
 * `aerial doctor data DIR`: examines the images and annotations of a folder as data-prep does, and changes nothing in
 * it. On stdout a table of what was found, or one JSON line.
 * @param path anything that `data.path` may be, or a prepared data set
 * @returns exit code: 0, or 1 where there are faults that `data.doctor.strict` refuses
 */
export async function doctorData(
  path: string,
  flags: DoctorDataFlags,
  { log, signal }: StageContext,
): Promise<number> {
  const params = await readParams(flags);
  const folder = flags.output ?? join(params.paths.runs, 'data_doctor');
  const workFolder = await makeWorkFolder();
  try {
    const content = await readContent(path, workFolder, { log, signal });
    if (content.samples.length === 0 && content.findings.length === 0) {
      throw new UserError(`${path} has no image: name a folder with images and their annotations`);
    }
    const each = await examineImages(content.samples, { params: params.data, workFolder, log, signal });
    const findings = [...content.findings, ...each.findings];
    const examination = await examineSplits({ ...each, findings }, params.data, signal);
    signal.throwIfAborted();
    const source = basename(resolve(path));
    const { images, buildings, faults, kinds } = createDoctorReport(examination);
    const page = await writeDoctorReport(folder, { examination, source });
    const figures = { images, buildings, faults, kinds };
    const result: DoctorDataResult = { ok: faults === 0, source: path, ...figures, page };
    printResult(result, flags, (found) => formatDoctorData(found, examination.findings));
    return result.ok ? 0 : 1;
  } catch (error) {
    throw explainDiskError(error, workFolder);
  } finally {
    // Never throws: the error before it is the one to tell.
    await rm(workFolder, { recursive: true, force: true }).catch(() => {});
  }
}

/** For unpacked and mended images. @throws UserError where none can be made */
async function makeWorkFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'aerial-doctor-'));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new UserError(
      `Cannot make a folder for temporary files in ${tmpdir()} (${reason}): set TMPDIR to a folder with free space that this user can write`,
      { cause: error },
    );
  }
}

async function readContent(
  path: string,
  workFolder: string,
  { log, signal }: StageContext,
): Promise<SourceContent> {
  return (await isPrepared(path))
    ? preparedSamples(path, workFolder, { signal })
    : readLocal(path, workFolder, { log, signal }, 'argument <folder>');
}
