import { join } from 'node:path';
import sharp from 'sharp';
import { examineImages } from '../../src/data/doctor/examine.ts';
import type { SourceSample } from '../../src/data/sources/source-sample.ts';
import { sampleAt } from './doctor-samples.ts';
import { testParams } from './test-params.ts';

/** Examines one image and says what came of it. */
export async function examineOne(folder: string, name: string, more: Partial<SourceSample> = {}) {
  const params = testParams(folder).data;
  const samples = [sampleAt(folder, name, more)];
  const { images, findings, cases } = await examineImages(samples, {
    params,
    workFolder: join(folder, 'work'),
  });
  const kinds = findings.map(({ kind, treatment }) => `${kind} ${treatment}`);
  return { image: images[0], kinds, findings, cases };
}

/** Its pixels as sharp gives them. */
export function rawOf(file: string) {
  return sharp(file).raw().toBuffer({ resolveWithObject: true });
}
