import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { CocoFiles, CocoPaths } from '../evaluate/coco-files/open-coco-files.ts';
import { writeGroundTruth, writePredictions } from '../evaluate/coco-files/write-coco-files.ts';
import type { Evaluation, EvaluationOptions } from '../evaluate/evaluate-images.ts';
import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import { createResults } from '../report/create-results.ts';
import { UsageError, UserError } from '../system/errors.ts';
import { assertWritable } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { followLinks, replaceFolder } from '../system/replace-folder.ts';

/** What the report is made of, and where it goes. */
export interface ReportFlags extends CocoPaths {
  /** Its folder. */
  report: string;
  /** Where the image files lie; without it, the report has no pictures. */
  images?: string;
}

/** Goes through the images; what is given hears of each. */
export type Evaluated = (onOutcome?: EvaluationOptions['onOutcome']) => Evaluation;

/** As `inference.gallery` of the params. */
const GALLERY = 200;

const OWN_FILES: ReadonlySet<string> = new Set([
  ...['report.html', 'metrics.json', 'curves.json', 'images.csv', 'buildings.csv'],
  ...['predictions.json', 'ground_truth.json'],
]);

/**
 * The folder is replaced as a whole, so it may be absent, empty, or hold an earlier report and nothing else.
 * @throws UsageError where it holds something else, or what is to be read; UserError where it cannot be written
 */
export async function assertReportFolder({ report, groundTruth, predictions }: ReportFlags): Promise<void> {
  const folder = await followLinks(report);
  for (const [flag, path] of Object.entries({
    '--ground-truth': groundTruth,
    '--predictions': predictions,
  })) {
    if (dirname(realPath(path)) !== realPath(folder)) continue;
    throw new UsageError(
      `--report ${report} would be replaced, and ${flag} lies in it: choose another folder`,
    );
  }
  assertNothingForeign(report);
  await assertWritable(dirname(folder));
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}

function assertNothingForeign(folder: string): void {
  if (!existsSync(folder)) return;
  let foreign: string | undefined;
  try {
    foreign = readdirSync(folder).find((name) => !OWN_FILES.has(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    throw new UsageError(`--report ${folder} is a file: name a folder`, { cause: error });
  }
  if (foreign === undefined) return;
  throw new UsageError(
    `--report ${folder} would be replaced, and ${foreign} in it is no part of a report: name a new folder or an empty one`,
  );
}

/**
 * Evaluates into a report: a page with the worst images, tables, the figures, and the files themselves, so that
 * `aerial compare` takes the folder for a run.
 */
export async function writeReport(
  flags: ReportFlags,
  files: CocoFiles,
  log: Log,
  evaluated: Evaluated,
): Promise<Evaluation> {
  const { report, groundTruth, predictions, images } = flags;
  if (images !== undefined) warnOfMissingPictures(files.images, images, log);
  let evaluation: Evaluation | undefined;
  const fill = async (folder: string) => {
    const results = createResults(folder, {
      title: basename(predictions),
      subtitle: `${basename(predictions)} against ${basename(groundTruth)}`,
      history: null,
      gallery: GALLERY,
      ...(images !== undefined && { picture: ({ name }: EvaluatedImage) => readFile(join(images, name)) }),
    });
    evaluation = evaluated(results.add);
    await results.finish(evaluation);
    await writeGroundTruth(join(folder, 'ground_truth.json'), files.images, files.categories);
    await writePredictions(join(folder, 'predictions.json'), files.images);
  };
  await replaceFolder(report, fill, { assertReplaceable: () => assertNothingForeign(report) });
  log.info(`The report is ${join(report, 'report.html')}`);
  return evaluation!;
}

/** @throws UserError where there is no picture at all, so that the folder is a mistake */
function warnOfMissingPictures(images: Iterable<EvaluatedImage>, folder: string, log: Log): void {
  let [all, missing] = [0, 0];
  let example = '';
  for (const { name } of images) {
    all++;
    if (existsSync(join(folder, name))) continue;
    missing++;
    example ||= name;
  }
  if (missing === 0) return;
  const place = `--images ${folder} has no ${example}`;
  if (missing === all) {
    throw new UserError(
      `${place}, nor any other image of the ground truth: name the folder of their file_name`,
    );
  }
  log.warn(`${place}: ${missing} of ${all} images have no picture in the report`);
}
