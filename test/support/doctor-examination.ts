import { join } from 'node:path';
import sharp from 'sharp';
import { outlineOf } from '../../src/data/doctor/building-outline.ts';
import type { Comparison, Examination, FaultCase, Picture } from '../../src/data/doctor/examination.ts';
import { createDoctorReport } from '../../src/data/doctor/report.ts';
import type { SourceImage } from '../../src/data/doctor/source-image.ts';
import type { Finding } from '../../src/data/findings.ts';
import type { DoctorPage } from '../../src/visualize/doctor-page.ts';

/** A plain image of 64 x 48 pixels with a building of 10 x 10 at (20, 10). */
export async function soundImage(folder: string, more: Partial<SourceImage> = {}): Promise<SourceImage> {
  const image: SourceImage = {
    ...{
      file: join(folder, 'a.png'),
      name: 'a.png',
      sourceName: 'a.png',
      width: 64,
      height: 48,
      origin: 'local',
      split: 'train',
    },
    temporary: false,
    buildings: [outlineOf([[20, 10, 30, 10, 30, 20, 20, 20]])],
    crowds: [],
    facts: { sha256: '0'.repeat(64), perceptualHash: null, brightness: 0.5 },
    ...more,
  };
  const background = { r: 90, g: 120, b: 60 };
  await sharp({ create: { width: image.width, height: image.height, channels: 3, background } }).toFile(
    image.file,
  );
  return image;
}

export function finding(more: Partial<Finding> = {}): Finding {
  return {
    ...{ kind: 'building_crossing', split: 'train', origin: 'local', image: 'a.png' },
    ...{ entry: 'annotations[3]', detail: 'it crosses itself once', treatment: 'repaired' },
    ...more,
  };
}

export function pictureOf({ file, name, split, width, height }: SourceImage): Picture {
  return { file, name, split, width, height };
}

export function faultCase(image: SourceImage, more: Partial<FaultCase> = {}): FaultCase {
  return {
    ...{ finding: finding(), severity: 1, picture: pictureOf(image), other: null },
    ...{ before: [], after: [] },
    ...more,
  };
}

/** Findings are those of the cases, and `more.findings`. */
export function examinationOf(
  images: SourceImage[],
  cases: FaultCase[],
  more: { findings?: Finding[]; comparisons?: Comparison[] } = {},
): Examination {
  const findings = [...cases.map((fault) => fault.finding), ...(more.findings ?? [])];
  return { images, cases, findings, comparisons: more.comparisons ?? [] };
}

export function pageOf(examination: Examination, source = 'a test'): DoctorPage {
  const { images, cases } = examination;
  return { source, report: createDoctorReport(examination), images, cases };
}
