import { compareRuns } from '../evaluate/compare-runs/compare-runs.ts';
import { openRun, type Run } from '../evaluate/compare-runs/open-run.ts';
import { pairImages } from '../evaluate/compare-runs/pair-images.ts';
import { createProgressLog } from '../evaluate/progress.ts';
import type { Log } from '../system/log.ts';
import { type ComparedRun, type CompareResult, formatComparison } from './compare-table.ts';
import { printResult } from './stage.ts';

export interface CompareFlags {
  json?: boolean;
  /** Draws of the bootstrap; 0 = no intervals. */
  resamples: number;
  seed: number;
  /** The most changed images that are named, for the better and for the worse. */
  changed: number;
}

/**
 * `aerial compare RUN_A RUN_B`: how two runs differ on the same images, on stdout as tables or as one JSON line
 * (`CompareResult`). Needs no params and no TensorFlow.
 */
export async function compare(
  pathA: string,
  pathB: string,
  flags: CompareFlags,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  const [a, b] = [await openRun(pathA, signal), await openRun(pathB, signal)];
  for (const line of [...a.files.warnings, ...b.files.warnings]) log.warn(line);
  const paired = await pairImages(a, b, signal);
  warnOfImages(paired, log);
  const { resamples, seed, changed } = flags;
  const maxDetections = smallerLimit(a, b, log);
  const draws = resamples > 0 ? `, then drawing them ${resamples} times` : '';
  log.info(`Measuring ${paired.count} images of both runs${draws}`);
  const onProgress = createProgressLog(log, { images: 2 * paired.count, resamples });
  const comparison = await compareRuns(
    { images: paired.a, scoreThreshold: a.scoreThreshold },
    { images: paired.b, scoreThreshold: b.scoreThreshold },
    {
      maxDetections,
      categories: a.files.categories.length,
      changed,
      resamples,
      seed,
      onProgress,
      signal,
    },
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
