/**
 * What is measured on the test split, and the files that hold it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { PreparedImage } from '../data/prepared.ts';
import { readStored } from '../data/read-stored.ts';
import { createImageStore } from '../evaluate/coco-files/image-store.ts';
import { writeGroundTruth, writePredictions } from '../evaluate/coco-files/write-coco-files.ts';
import { evaluateImages } from '../evaluate/evaluate-images.ts';
import type { PredictedImage } from '../evaluate/images/predict-split.ts';
import type { Curves, Metrics } from '../evaluate/metrics.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import { createProgressLog } from '../evaluate/progress.ts';
import type { Params } from '../params/schema.ts';
import { createResults } from '../report/create-results.ts';
import type { Log } from '../system/log.ts';
import type { MetricsRow, Tracker } from '../tracking/tracker.ts';
import { comparisonPngOf } from '../visualize/comparison-of.ts';
import { type Exhibits, gatherExhibits } from '../visualize/gather-exhibits.ts';

/** Its examples are as many as `tracking.images`. */
export interface TestEvaluation extends Exhibits<PredictedImage> {
  metrics: Metrics;
  curves: Curves;
}

export interface MeasureMeans {
  log: Log;
  tracker: Tracker;
  /** Aborted when the user stops the run. */
  signal: AbortSignal;
  /** Those that are predicted. */
  images: readonly PreparedImage[];
  /** Where all files go. */
  folder: string;
  scoreThreshold: number;
}

/**
 * Measures the images as they are predicted, and draws each. Writes the pictures, `metrics.json`, `curves.json`, the CSV
 * files, `report.html`, `predictions.json` and `ground_truth.json`.
 * @throws the signal's reason when it is aborted
 */
export async function measureTest(
  predicted: AsyncIterable<{ predicted: readonly PredictedImage[] }>,
  params: Params,
  means: MeasureMeans,
): Promise<TestEvaluation> {
  const { images, folder, scoreThreshold, log, signal } = means;
  const { resamples } = params.inference;
  const results = await openResults(params, means);
  const gatherer = gatherExhibits<PredictedImage>(params.tracking.images);
  const drawer = createDrawer(params.tracking.images, means);
  const store = createImageStore<PredictedImage>();
  const kept = async function* () {
    for await (const { predicted: batch } of predicted) {
      for (const image of batch) {
        store.add(image);
        yield image;
      }
    }
  };
  const { metrics, curves } = await evaluateImages(kept(), {
    maxDetections: params.evaluate.max_detections,
    scoreThreshold,
    resamples,
    seed: params.seed,
    onOutcome: async (image, outcome) => {
      results.add(image, outcome);
      gatherer.add(image, outcome);
      await drawer.draw(image, outcome);
    },
    onProgress: createProgressLog(log, { images: images.length, resamples }),
    signal,
  });
  log.info('Writing the report');
  await results.finish({ metrics, curves });
  await writePredictions(join(folder, 'predictions.json'), store.images);
  await writeGroundTruth(join(folder, 'ground_truth.json'), store.images);
  signal.throwIfAborted();
  return { metrics, curves, ...gatherer.exhibits() };
}

async function openResults(params: Params, { images, folder }: MeasureMeans) {
  const sources = new Map(images.map((image) => [image.id, image]));
  return createResults(folder, {
    title: 'Buildings found on the test split',
    subtitle: subtitleOf(images.length, params),
    history: await readHistory(join(params.paths.runs, 'train', 'history.json')),
    gallery: params.inference.gallery,
    picture: ({ id }) => readStored(sources.get(id)!.bytes),
    link: pictureName,
  });
}

/** @param shown the first pictures, so many of them, go to the tracker, too */
function createDrawer(shown: number, { folder, scoreThreshold, tracker }: MeasureMeans) {
  let drawn = 0;
  return {
    draw: async (image: PredictedImage, outcome: ImageOutcome) => {
      const encoded = await readStored(image.source.bytes);
      const png = await comparisonPngOf(image, encoded, { outcome, scoreThreshold });
      await writeFile(join(folder, pictureName(image)), png);
      if (drawn < shown) {
        tracker.show(0, `test/comparison_${drawn}`, { kind: 'picture', png, caption: image.name });
      }
      drawn++;
    },
  };
}

/** The image's own name, made unique by its number. */
function pictureName({ id, name }: { id: number; name: string }): string {
  return `${String(id).padStart(5, '0')}-${basename(name, extname(name))}.png`;
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
