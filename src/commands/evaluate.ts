import { openCocoFiles } from '../evaluate/coco-files/open-coco-files.ts';
import { evaluateImages } from '../evaluate/evaluate-images.ts';
import { createProgressLog } from '../evaluate/progress.ts';
import { UsageError } from '../system/errors.ts';
import type { Evaluated, ReportFlags } from './evaluate-report.ts';
import { formatMetrics } from './evaluate-table.ts';
import { printResult, type StageContext } from './stage.ts';

/** The flags of `aerial evaluate`. */
export interface EvaluateFlags extends Omit<ReportFlags, 'report'> {
  report?: string;
  json?: boolean;
  /** The best of each image and category. */
  maxDetections: number;
  /** Of the predictions' own scale, or chosen on these very images. */
  scoreThreshold: number | 'best';
  /** Draws of the bootstrap; 0 = no intervals. */
  resamples: number;
  seed: number;
}

/**
 * `aerial evaluate`: the figures of any tool's predictions, on stdout as a table or as one JSON line with the keys of
 * `metrics.json`. Needs no params and no TensorFlow.
 */
export async function evaluate(flags: EvaluateFlags, context: StageContext): Promise<void> {
  const { report, images, scoreThreshold, maxDetections, resamples, seed } = flags;
  const { log, signal } = context;
  if (images !== undefined && report === undefined) {
    throw new UsageError('--images is for the pictures of a report: add --report FOLDER');
  }
  const writeReport = report === undefined ? null : await openReport({ ...flags, report }, context);
  const files = await openCocoFiles(flags, signal);
  for (const line of files.warnings) log.warn(line);
  const evaluated: Evaluated = (onOutcome) =>
    evaluateImages(files.images, {
      maxDetections,
      scoreThreshold: scoreThreshold === 'best' ? null : scoreThreshold,
      categories: files.categories.length,
      resamples,
      seed,
      signal,
      onProgress: createProgressLog(log, { images: files.count, resamples }),
      ...(onOutcome && { onOutcome }),
    });
  const { metrics, chosen } = await (writeReport ? writeReport(files, evaluated) : evaluated());
  if (scoreThreshold === 'best') {
    log.warn(
      chosen
        ? `--score-threshold best chose ${chosen.score} on this very set: right for a validation set; on a test set it promises more than new images keep`
        : `--score-threshold best: no detection is right, so that none is better than another; ${metrics.score_threshold} was taken`,
    );
  }
  printResult(metrics, flags, formatMetrics);
}

/** Loaded only where it is asked for: the page's charts take longer to load than a small set to measure. */
async function openReport(flags: ReportFlags, context: StageContext) {
  const { prepareReport } = await import('./evaluate-report.ts');
  return prepareReport(flags, context);
}
