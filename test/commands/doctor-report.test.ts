import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeDoctorReport } from '../../src/commands/doctor-report.ts';
import { createDoctorReport, findingsJson } from '../../src/data/doctor/report.ts';
import { doctorPage } from '../../src/visualize/doctor-page.ts';
import { examinationOf, faultCase, pageOf, soundImage } from '../support/doctor-examination.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

describe('writeDoctorReport', () => {
  it('writes the findings and the page, over older ones', async () => {
    const image = await soundImage(await tempFolder());
    const empty = examinationOf([], []);
    const examination = examinationOf([image], [faultCase(image)]);
    const folder = join(await tempFolder(), 'runs', 'data_doctor');
    await writeDoctorReport(folder, { examination: empty, source: 'nothing' });
    const page = await writeDoctorReport(folder, { examination, source: 'a test' });
    expect(page).toBe(join(folder, 'report.html'));
    expect(await filesIn(folder)).toEqual(['findings.json', 'report.html']);
    const [json, html] = await Promise.all(
      ['findings.json', 'report.html'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    expect(json).toBe(findingsJson(createDoctorReport(examination)));
    expect(html).toBe(await doctorPage(pageOf(examination)));
  });
});
