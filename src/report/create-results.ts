/**
 * What an evaluation leaves in a folder for people and programs: images.csv, buildings.csv, metrics.json, curves.json and
 * report.html.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import type { Curves, Metrics } from '../evaluate/metrics.ts';
import { figuresOfImage } from '../evaluate/outcome/image-figures.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import { type EvaluationPage, evaluationPage } from '../visualize/evaluation-page.ts';
import { BUILDING_COLUMNS, buildingRows } from './building-rows.ts';
import { createCsvFile } from './csv-file.ts';
import { IMAGE_COLUMNS, imageRow } from './image-row.ts';
import { createWorstCases } from './worst-cases.ts';

/** What the report is of, and how much of it is shown. */
export interface ResultsOptions extends Pick<EvaluationPage, 'title' | 'subtitle' | 'history'> {
  /** Images in the report, the worst first; whole number >= 0. */
  gallery: number;
  /** Brings an image's encoded file; called at the end, for the images of the gallery only. */
  picture?: (image: EvaluatedImage) => Promise<Buffer>;
  /** Of an image's comparison PNG, relative to the folder; null = it has none. */
  link?: (image: EvaluatedImage) => string | null;
}

export interface Results {
  /** Takes one image after the other, in the order of the CSV files; fits `onOutcome` of `evaluateImages`. */
  add: (image: EvaluatedImage, outcome: ImageOutcome) => void;
  /** Writes all that is left. */
  finish: (figures: { metrics: Metrics; curves: Curves }) => Promise<void>;
}

/**
 * Holds the images of the gallery, and no others.
 * @param folder is there already
 */
export function createResults(folder: string, options: ResultsOptions): Results {
  const { title, subtitle, history, gallery, picture, link } = options;
  const images = createCsvFile(join(folder, 'images.csv'), IMAGE_COLUMNS);
  const buildings = createCsvFile(join(folder, 'buildings.csv'), BUILDING_COLUMNS);
  const worst = createWorstCases(gallery);
  return {
    add: (image, outcome) => {
      const figures = figuresOfImage(outcome);
      images.add(imageRow(image, outcome, figures));
      for (const row of buildingRows(image, outcome)) buildings.add(row);
      worst.add({
        image,
        outcome,
        figures,
        picture: picture ? () => picture(image) : null,
        link: link?.(image) ?? null,
      });
    },
    finish: async ({ metrics, curves }) => {
      images.end();
      buildings.end();
      await writeFile(join(folder, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
      await writeFile(join(folder, 'curves.json'), `${JSON.stringify(curves)}\n`);
      const cases = worst.sorted();
      const page = evaluationPage({ title, subtitle, metrics, curves, history, cases });
      await writeFile(join(folder, 'report.html'), page);
    },
  };
}
