import { join } from 'node:path';
import type { Examination } from '../data/doctor/examination.ts';
import { createDoctorReport, findingsJson } from '../data/doctor/report.ts';
import { writeFileAtomic } from '../system/files.ts';
import { doctorPage } from '../visualize/doctor-page.ts';

/**
 * Writes `findings.json` and `report.html`, both without times and absolute paths. Reads the image files that the
 * examination names, so they must be there still.
 * @param examined.source where the images came from, on one line
 * @returns the path of `report.html`
 */
export async function writeDoctorReport(
  folder: string,
  { examination, source }: { examination: Examination; source: string },
): Promise<string> {
  const report = createDoctorReport(examination);
  const { images, cases } = examination;
  const page = join(folder, 'report.html');
  await writeFileAtomic(join(folder, 'findings.json'), findingsJson(report));
  await writeFileAtomic(page, await doctorPage({ source, report, images, cases }));
  return page;
}
