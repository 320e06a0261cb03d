import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { examineImages } from '../../src/data/doctor/examine.ts';
import { examineSplits } from '../../src/data/doctor/examine-splits.ts';
import { readLocal } from '../../src/data/sources/read-local.ts';
import { type Params, paramsSchema } from '../../src/params/schema.ts';

const PARAMS = new URL('../../params.yaml', import.meta.url);
const SILENT = { log: { info: () => {}, warn: () => {} } };

/** What became of a data set that could be read. */
export interface ReadCase {
  images: number;
  buildings: number;
  /** What the findings say; each must be a part of one line. */
  details: string[];
}

/** The way of `aerial data-prep` with `data.path`, up to where the prepared form is written. */
export async function readCase(folder: string, workFolder: string): Promise<ReadCase> {
  const params = dataParams();
  const content = await readLocal(folder, join(workFolder, 'unpacked'), SILENT);
  const options = { params, workFolder: join(workFolder, 'doctor') };
  const examined = await examineImages(content.samples, options);
  const findings = [...content.findings, ...examined.findings];
  const { images, findings: all } = await examineSplits({ ...examined, findings }, params);
  return {
    images: images.length,
    buildings: images.reduce((sum, { buildings }) => sum + buildings.length, 0),
    details: all.map(({ detail }) => detail),
  };
}

function dataParams(): Params['data'] {
  return paramsSchema.parse(parse(readFileSync(PARAMS, 'utf8'))).data;
}
