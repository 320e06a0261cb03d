import { type CocoFiles, openCocoFiles } from '../evaluate/coco-files/open-coco-files.ts';
import { evaluateImages } from '../evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import { UsageError } from '../system/errors.ts';
import type { Log } from '../system/log.ts';
import type { Evaluated, ReportFlags } from './evaluate-report.ts';
import { formatMetrics } from './evaluate-table.ts';
import { printResult } from './stage.ts';

/** The flags of `aerial evaluate`. */
export interface EvaluateFlags extends Omit<ReportFlags, 'report'> {
  report?: string;
  json?: boolean;
  /** The best of each image and category. */
  maxDetections: number;
  /** 0-1, or chosen on these very images. */
  scoreThreshold: number | 'best';
  /** Draws of the bootstrap; 0 = no intervals. */
  resamples: number;
  seed: number;
}

/**
 * `aerial evaluate`: the figures of any tool's predictions, on stdout as a table or as one JSON line with the keys of
 * `metrics.json`. Needs no params and no TensorFlow.
 */
export async function evaluate(flags: EvaluateFlags, { log }: { log: Log }): Promise<void> {
  const { report, images, scoreThreshold, maxDetections, resamples, seed } = flags;
  if (images !== undefined && report === undefined) {
    throw new UsageError('--images is for the pictures of a report: add --report FOLDER');
  }
  const writeReport = report === undefined ? null : await prepareReport({ ...flags, report });
  const files = await openCocoFiles(flags);
  for (const line of files.warnings) log.warn(line);
  const evaluated: Evaluated = (onOutcome) =>
    evaluateImages(withProgress(files, resamples, log), {
      maxDetections,
      scoreThreshold: scoreThreshold === 'best' ? null : scoreThreshold,
      categories: files.categories.length,
      resamples,
      seed,
      ...(onOutcome && { onOutcome }),
    });
  const { metrics } = writeReport ? await writeReport(files, log, evaluated) : evaluated();
  if (scoreThreshold === 'best') {
    log.warn(
      `--score-threshold best chose ${metrics.score_threshold} on this very set: right for a validation set; on a test set it promises more than new images keep`,
    );
  }
  printResult(metrics, flags, formatMetrics);
}

/** Loaded only where it is asked for: the page's charts take longer to load than a small set to measure. */
async function prepareReport(flags: ReportFlags) {
  const { assertReportFolder, writeReport } = await import('./evaluate-report.ts');
  await assertReportFolder(flags);
  return (...means: [CocoFiles, Log, Evaluated]) => writeReport(flags, ...means);
}

/** Between two lines of progress. */
const PROGRESS_MS = 5000;

/** The same images, with a line now and then where it takes long. */
function withProgress({ images, count }: CocoFiles, resamples: number, log: Log): Iterable<EvaluatedImage> {
  return {
    *[Symbol.iterator]() {
      const start = performance.now();
      let [last, done] = [start, 0];
      for (const image of images) {
        yield image;
        done++;
        if (performance.now() - last < PROGRESS_MS) continue;
        last = performance.now();
        log.info(`${done} of ${count} images`);
      }
      if (last === start || resamples === 0) return;
      log.info(`All images are measured: now they are drawn ${resamples} times for the intervals`);
    },
  };
}
