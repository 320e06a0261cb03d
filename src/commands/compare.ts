import { compareRuns } from '../evaluate/compare-runs/compare-runs.ts';
import { openRun, type Run } from '../evaluate/compare-runs/open-run.ts';
import { pairImages } from '../evaluate/compare-runs/pair-images.ts';
import type { Log } from '../system/log.ts';
import { type ComparedRun, type CompareResult, formatComparison } from './compare-table.ts';
import { printResult } from './stage.ts';

export interface CompareFlags {
  json?: boolean;
  /** Draws of the bootstrap; 0 = no intervals. */
  resamples: number;
  seed: number;
  /** The most changed images that are named, for the better and for the worse. */
  images: number;
}

/**
 * `aerial compare RUN_A RUN_B`: how two runs differ on the same images, on stdout as tables or as one JSON line
 * (`CompareResult`). Needs no params and no TensorFlow.
 */
export async function compare(
  pathA: string,
  pathB: string,
  flags: CompareFlags,
  { log }: { log: Log },
): Promise<void> {
  const [a, b] = [await openRun(pathA), await openRun(pathB)];
  for (const line of [...a.files.warnings, ...b.files.warnings]) log.warn(line);
  const paired = pairImages(a, b);
  warnOfImages(paired, log);
  const { resamples, seed, images: changed } = flags;
  const maxDetections = smallerLimit(a, b, log);
  log.info(`Measuring ${paired.count} images of both runs, then drawing them ${resamples} times`);
  const comparison = compareRuns(
    { images: paired.a, scoreThreshold: a.scoreThreshold },
    { images: paired.b, scoreThreshold: b.scoreThreshold },
    { maxDetections, categories: a.files.categories.length, resamples, seed, changed },
  );
  const result: CompareResult = {
    a: headOf(a, paired.onlyA),
    b: headOf(b, paired.onlyB),
    max_detections: maxDetections,
    resamples,
    seed,
    ...comparison,
  };
  printResult(result, flags, formatComparison);
}

function warnOfImages({ onlyA, onlyB }: { onlyA: number; onlyB: number }, log: Log): void {
  for (const [count, name] of [
    [onlyA, 'the first'],
    [onlyB, 'the second'],
  ] as const) {
    if (count > 0)
      log.warn(`left out ${count} ${count === 1 ? 'image' : 'images'} that only ${name} run has`);
  }
}

/** What one run may have found beyond the other's limit would be an advantage of its params, not of its model. */
function smallerLimit(a: Run, b: Run, log: Log): number {
  const limit = Math.min(a.maxDetections, b.maxDetections);
  if (a.maxDetections !== b.maxDetections) {
    log.warn(
      `evaluate.max_detections was ${a.maxDetections} in the first run and ${b.maxDetections} in the second: the best ${limit} of each image are taken in both`,
    );
  }
  return limit;
}

function headOf({ folder, scoreThreshold }: Run, onlyHere: number): ComparedRun {
  return { folder, score_threshold: scoreThreshold, images_only_here: onlyHere };
}
