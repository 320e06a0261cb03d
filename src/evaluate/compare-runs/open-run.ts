import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import { type CocoFiles, openCocoFiles } from '../coco-files/open-coco-files.ts';

/** What `aerial inference` left: detections, the truth that they are held against, and how they were measured. */
export interface Run {
  /** Where the files lie. */
  folder: string;
  scoreThreshold: number;
  maxDetections: number;
  files: CocoFiles;
}

const FILES = ['metrics.json', 'ground_truth.json', 'predictions.json'] as const;

/** Where `aerial inference` puts them, in the folder of `paths.runs`. */
const RESULTS = 'inference_results';

const AGAIN = 'run aerial inference again';

/**
 * @param path folder with the files of a run, or one whose `inference_results` has them
 * @param signal stops the reading
 * @throws UserError where there is no such folder, where files are missing, and for files that cannot be used; the
 *   signal's reason when it is aborted
 */
export async function openRun(path: string, signal?: AbortSignal): Promise<Run> {
  const folder = await findRun(path);
  const measures = await readMeasures(join(folder, 'metrics.json'));
  const groundTruth = join(folder, 'ground_truth.json');
  const predictions = join(folder, 'predictions.json');
  return { folder, ...measures, files: await openCocoFiles({ groundTruth, predictions }, signal) };
}

async function findRun(path: string): Promise<string> {
  if (!(await isFolder(path))) {
    const found = existsSync(path) ? `${path} is no folder` : `There is no folder ${path}`;
    throw new UserError(`${found}: name the folder of a run, one that holds ${listOf(FILES)}`);
  }
  const inside = join(path, RESULTS);
  const candidates = [path, inside].map((folder) => ({ folder, missing: missingIn(folder) }));
  const whole = candidates.find(({ missing }) => missing.length === 0);
  if (whole) return whole.folder;
  const { folder, missing } = (await isFolder(inside)) ? candidates[1]! : candidates[0]!;
  const none = missing.length === FILES.length;
  throw new UserError(
    none
      ? `${path} is no run: ${listOf(FILES)} are expected in it or in its ${RESULTS}; aerial inference writes them`
      : `${folder} lacks ${listOf(missing)}: ${AGAIN} to have the whole run`,
  );
}

function missingIn(folder: string): string[] {
  return FILES.filter((name) => !existsSync(join(folder, name)));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** "a, b and c" */
function listOf(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const measuresSchema = z.looseObject({
  score_threshold: z.number(),
  max_detections: z.int().positive(),
});

const BYTE_ORDER_MARK = /^\uFEFF/;

async function readMeasures(path: string): Promise<Pick<Run, 'scoreThreshold' | 'maxDetections'>> {
  let content: unknown;
  try {
    content = JSON.parse((await readFile(path, 'utf8')).replace(BYTE_ORDER_MARK, ''));
  } catch (error) {
    const reason = printable((error as Error).message);
    throw new UserError(`${path} cannot be read (${reason}): ${AGAIN}`, { cause: error });
  }
  const { data, error } = measuresSchema.safeParse(content);
  if (data) return { scoreThreshold: data.score_threshold, maxDetections: data.max_detections };
  const wrong = Object.keys(measuresSchema.shape).filter((key) =>
    error.issues.some(({ path: [at = key] }) => at === key),
  );
  throw new UserError(
    `${path} has no usable ${listOf(wrong)}: it is of an earlier version or changed by hand; ${AGAIN}`,
  );
}
