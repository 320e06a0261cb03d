/**
 * What is measured on the test split, and the files that hold it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreparedImage } from '../data/prepared.ts';
import { readStored } from '../data/read-stored.ts';
import { writeGroundTruth, writePredictions } from '../evaluate/coco-files/write-coco-files.ts';
import { evaluateImages } from '../evaluate/evaluate-images.ts';
import type { PredictedImage } from '../evaluate/images/predict-split.ts';
import type { Curves, Metrics } from '../evaluate/metrics.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import type { Params } from '../params/schema.ts';
import { createResults } from '../report/create-results.ts';
import type { Log } from '../system/log.ts';
import type { MetricsRow, Table } from '../tracking/tracker.ts';
import { countCorrespondence } from '../visualize/evaluation-exhibits.ts';

export interface TestEvaluation {
  metrics: Metrics;
  curves: Curves;
  /** How buildings and detections stand to each other. */
  correspondence: Table;
  /** The first images, as many as `tracking.images`. */
  examples: { image: PredictedImage; outcome: ImageOutcome }[];
}

export interface MeasureMeans {
  log: Log;
  /** Where all files go but the pictures, which lie there already. */
  folder: string;
  scoreThreshold: number;
  /** Of an image's comparison PNG. */
  pictureName: (image: { id: number; name: string }) => string;
}

/** Measures and writes `metrics.json`, `curves.json`, the CSV files, `report.html`, `predictions.json` and `ground_truth.json`. */
export async function measureTest(
  images: readonly PredictedImage[],
  params: Params,
  { log, folder, scoreThreshold, pictureName }: MeasureMeans,
): Promise<TestEvaluation> {
  const { resamples, gallery } = params.inference;
  const sources = new Map<number, PreparedImage>(images.map(({ id, source }) => [id, source]));
  const results = createResults(folder, {
    title: 'Buildings found on the test split',
    subtitle: subtitleOf(images.length, params),
    history: await readHistory(join(params.paths.runs, 'train', 'history.json')),
    gallery,
    picture: ({ id }) => readStored(sources.get(id)!.bytes),
    link: pictureName,
  });
  const correspondence = countCorrespondence();
  const outcomes: ImageOutcome[] = [];
  log.info(`Measuring${resamples > 0 ? `, with ${resamples} resamples for the intervals` : ''}`);
  const { metrics, curves } = evaluateImages(images, {
    maxDetections: params.evaluate.max_detections,
    scoreThreshold,
    resamples,
    seed: params.seed,
    onOutcome: (image, outcome) => {
      results.add(image, outcome);
      correspondence.add(outcome);
      if (outcomes.length < params.tracking.images) outcomes.push(outcome);
    },
  });
  log.info('Writing the report');
  await results.finish({ metrics, curves });
  await writePredictions(join(folder, 'predictions.json'), images);
  await writeGroundTruth(join(folder, 'ground_truth.json'), images);
  const examples = outcomes.map((outcome, i) => ({ image: images[i]!, outcome }));
  return { metrics, curves, correspondence: correspondence.table(), examples };
}

function subtitleOf(images: number, { train, model, data }: Params): string {
  const name = train.model_type === 'transfer' ? `transfer, ${model.transfer.backbone}` : train.model_type;
  return `${images} images · model ${name} at ${data.image_size} px`;
}

/** @returns null where there is none, or none that can be read: the report goes without */
async function readHistory(file: string): Promise<MetricsRow[] | null> {
  try {
    const rows: unknown = JSON.parse(await readFile(file, 'utf8'));
    return Array.isArray(rows) ? (rows as MetricsRow[]) : null;
  } catch {
    return null;
  }
}
